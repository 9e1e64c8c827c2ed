// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// FlexiCache (arXiv 2511.00868): Quest's bounds, the largest over a KV head's query heads. Unstable
// heads rank the pages at each decode step; stable ones at the first and then every rerank_steps,
// and read in between what they chose and all that was filled since. Which heads are unstable is
// known from a profile of the model (instability of their choices); without a list, a share of the
// heads stands in, evenly spread. Nothing is offloaded: what is counted is what is read.
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/params.h"
#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/read_policy.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

constexpr std::string_view kHeads = "unstable_heads";

[[noreturn]] void throw_bad_heads(const std::string& found) {
  throw usage_error({.what = "bad value for parameter `" + std::string(kHeads) + "`",
                     .where = "flexicache",
                     .found = found,
                     .expected = "layer:head pairs, such as 0:1+3:0",
                     .hint = "leave it empty for `unstable_share`"});
}

/// Reads a number from the front of `text`; false if there is none.
bool take_number(std::string_view& text, std::int32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_sign(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

/// Each once, ascending.
std::vector<KvHead> parse_heads(const std::string& text) {
  std::vector<KvHead> heads;
  std::string_view left = text;
  while (!left.empty()) {
    if (!heads.empty() && !take_sign(left, '+')) throw_bad_heads(text);
    KvHead& head = heads.emplace_back();
    const bool read =
        take_number(left, head.layer) && take_sign(left, ':') && take_number(left, head.kv_head);
    if (!read) throw_bad_heads(text);
  }
  std::ranges::sort(heads);
  const auto twice = std::ranges::unique(heads);
  heads.erase(twice.begin(), twice.end());
  return heads;
}

}  // namespace

std::span<const ParamSpec> flexicache_params() {
  static const std::array kSpecs{
      ParamSpec{"rerank_steps", std::int64_t{16},
                "decode steps from one ranking of a stable head to the next"},
      ParamSpec{kHeads, std::string(), "layer:head+layer:head...; empty: unstable_share of them"},
      ParamSpec{"unstable_share", 0.25, "part of all KV heads that is unstable, evenly spread"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_flexicache(const Params& params,
                                                const PolicyContext& context) {
  constexpr std::string_view kName = "flexicache";
  return std::make_unique<ReadPolicy>(
      ReadSelection{.pages = std::max(1, context.budget_tokens / context.page_size),
                    .rerank_steps = integer_in(params, kName, "rerank_steps", 1, 1 << 20),
                    .unstable_share = real_in(params, kName, "unstable_share", 0.0, 1.0),
                    .unstable = parse_heads(params.text(kHeads))},
      2 * context.page_size);  // the last page and one to choose
}

}  // namespace pagequest::kv
