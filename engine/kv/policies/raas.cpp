// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// RaaS (arXiv 2502.11147, section 3): milestone tokens are attended to for a while and then never
// again, so the page whose last meaningful attention is the longest ago goes; the prompt, where
// most of the tokens lie that come back after long silences, stays. What is meaningful:
//   top50   the better half of the pages that the budget holds (the paper's second version)
//   alpha   a mass of at least alpha (its first)
// The reference estimates masses by Quest's bound; here they are measured. The prompt counts
// towards the budget: with less than the prompt and the page that is written, nothing is evicted.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "engine/kv/policies/kth_largest.h"
#include "engine/kv/policies/stamp_policy.h"

namespace pagequest::kv {
namespace {

struct RaasConfig {
  bool top_half;
  float alpha;
};

class Raas final : public StampPolicy {
 public:
  Raas(const RaasConfig& config, const Common& common, const PolicyContext& context)
      : StampPolicy(common, context), config_(config) {}

 private:
  /// With top50 the mass of the last page of the better half of those that the budget holds.
  [[nodiscard]] float bar(const Attended& attended) override {
    if (!config_.top_half) return config_.alpha;
    const std::int32_t held = context().budget_tokens / context().page_size;
    const auto half = static_cast<std::size_t>(std::max(1, held / 2));
    if (attended.mass.size() <= half) return 0.0F;
    return kth_largest(attended.mass, half - 1, memory_);
  }

  RaasConfig config_;
  std::vector<float> memory_;  // of kth_largest
};

}  // namespace

std::span<const ParamSpec> raas_params() {
  static const std::array kSpecs{
      ParamSpec{"stamp", std::string("top50"),
                "what renews a page: top50, the better half of the budget's pages, or alpha"},
      ParamSpec{"alpha", 0.01, "mass that renews a page, with stamp=alpha"},
      ParamSpec{kPromptParam, true, kPromptHelp},
      ParamSpec{kSharingParam, std::string("head"), kSharingHelp},
      ParamSpec{kGroupParam, std::string("max"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_raas(const Params& params, const PolicyContext& context) {
  const std::string& stamp = params.text("stamp");
  if (stamp != "top50" && stamp != "alpha") {
    throw_unknown_name("stamp of raas", stamp, {"alpha", "top50"});
  }
  const auto alpha = static_cast<float>(real_in(params, "raas", "alpha", 0.0, 1.0));
  return std::make_unique<Raas>(RaasConfig{stamp == "top50", alpha}, common_of(params, 0), context);
}

}  // namespace pagequest::kv
