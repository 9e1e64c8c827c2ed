// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Least recently used: the page goes whose last use is the longest ago. Used is a page that gets at
// least `alpha` of a query's attention. It differs from RaaS in that nothing is protected and that
// how often a page was used does not matter.
#include <array>
#include <memory>

#include "engine/kv/policies/stamp_policy.h"

namespace pagequest::kv {
namespace {

class Lru final : public StampPolicy {
 public:
  Lru(float alpha, const Common& common, const PolicyContext& context)
      : StampPolicy(common, context), alpha_(alpha) {}

 private:
  [[nodiscard]] float bar(const Attended& /*attended*/) override { return alpha_; }

  float alpha_;
};

}  // namespace

std::span<const ParamSpec> lru_params() {
  static const std::array kSpecs{ParamSpec{"alpha", 0.01, "attention that counts as a use"},
                                 ParamSpec{kPromptParam, false, kPromptHelp},
                                 ParamSpec{kSharingParam, std::string("head"), kSharingHelp},
                                 ParamSpec{kGroupParam, std::string("max"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_lru(const Params& params, const PolicyContext& context) {
  return std::make_unique<Lru>(static_cast<float>(real_in(params, "lru", "alpha", 0.0, 1.0)),
                               common_of(params, 0), context);
}

}  // namespace pagequest::kv
