// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Keeps the last k tool responses: what agent frameworks do by masking old observations.
#include <array>
#include <memory>

#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/policies/tool_results.h"

namespace pagequest::kv {
namespace {

class KeepK final : public ToolResultPolicy {
 public:
  explicit KeepK(std::int32_t k) : k_(k) {}

 private:
  [[nodiscard]] std::vector<std::int32_t> chosen() const override { return all_but_newest(k_); }

  std::int32_t k_;
};

}  // namespace

std::span<const ParamSpec> keep_k_params() {
  static const std::array kSpecs{
      ParamSpec{"k", std::int64_t{3}, "newest tool responses that stay"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_keep_k(const Params& params,
                                            const PolicyContext& /*context*/) {
  return std::make_unique<KeepK>(integer_in(params, "keep-k", "k", 1, 1 << 20));
}

}  // namespace pagequest::kv
