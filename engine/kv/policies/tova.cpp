// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// TOVA (Oren et al., arXiv 2401.06104, section 4): whatever the last query attends to least goes,
// one set for all heads of a layer. The reference protects nothing, not even the newest token;
// here the page that is being written always stays, as in kvpress.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

class Tova final : public AttentionPolicy {
 public:
  using AttentionPolicy::AttentionPolicy;

 private:
  void attend(const Attended& attended) override {
    std::vector<float>& masses = part(last_, attended.scope);
    for (const PageRun& run : attended.runs) {
      std::copy_n(attended.mass.begin() + static_cast<std::ptrdiff_t>(run.at), run.count,
                  masses.begin() + static_cast<std::ptrdiff_t>(run.page));
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    return value_at(last_, scope, page);
  }

  void keep_scores(std::int32_t scope, std::span<const UnitView> candidates,
                   std::span<float> keep) const override {
    score_each(known(last_, scope), candidates, keep, [](float mass) { return mass; });
  }

  std::vector<std::vector<float>> last_;  // (scope, page)
};

}  // namespace

std::span<const ParamSpec> tova_params() {
  static const std::array kSpecs{ParamSpec{kPromptParam, false, kPromptHelp},
                                 ParamSpec{kSharingParam, std::string("layer"), kSharingHelp},
                                 ParamSpec{kGroupParam, std::string("mean"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_tova(const Params& params, const PolicyContext& context) {
  return std::make_unique<Tova>(common_of(params, 0), context);
}

}  // namespace pagequest::kv
