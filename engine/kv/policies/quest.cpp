// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Quest (Tang et al., arXiv 2406.10774, sections 3.2 and 3.3): nothing is evicted; at each decode
// step each head reads the pages whose keys could give the largest scores. The reference's
// evaluation chooses for each query head. Here the query heads of a KV head share a choice, by the
// largest of their bounds: that is what a paged cache with grouped queries can load.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/params.h"
#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/read_policy.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

constexpr std::int32_t kLeastPages = 3;  // of the reference, however small the budget is

enum class LastPage : std::uint8_t { always, as_others };
constexpr std::array kLastPages = {LastPage::always, LastPage::as_others};

std::string_view to_string(LastPage last) {
  return last == LastPage::always ? "always" : "as-others";
}

}  // namespace

std::span<const ParamSpec> quest_params() {
  static const std::array kSpecs{
      ParamSpec{"dense_layers", std::int64_t{2}, "first layers, which read everything"},
      ParamSpec{"last_page", std::string("always"),
                "read the page that is written always, as the kernels do, or as-others: by its "
                "bound, as the reference's evaluation does"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_quest(const Params& params, const PolicyContext& context) {
  const LastPage last = value_named("last_page", params.text("last_page"), kLastPages);
  return std::make_unique<ReadPolicy>(
      ReadSelection{.pages = std::max(kLeastPages, context.budget_tokens / context.page_size),
                    .dense_layers = integer_in(params, "quest", "dense_layers", 0, 1 << 20),
                    .last_page_always = last == LastPage::always},
      context.page_size);
}

}  // namespace pagequest::kv
