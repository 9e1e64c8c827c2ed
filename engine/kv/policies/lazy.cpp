// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// LazyEviction (arXiv 2506.15969, section 4): a token is worth keeping until it has been silent for
// longer than it ever was between two activations (its maximum recurrence interval, MRI). Every W
// decode steps the sequence is cut back to the budget; the last W tokens stay.
//   H1 = 2 sigma(-(t - TS) / MRI)                     paper
//   H1 = 2 / (1 + exp(1 + (t - TS) / (MRI + 1e-5)))   the authors' code, so that H1 <= 0.54
//   H2 = 2 / (1 + exp(MRI - 1)), 0 for MRI = 0        both; the paper's text calls for a decrease
// TS: the last step at which attention reached alpha. A token enters with TS = step - 1 and MRI 0;
// prompt tokens with TS = 0. The authors expand KV heads to query heads before they choose; here
// the query heads of a group count by their maximum and share one choice, with native GQA bytes.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

struct LazyConfig {
  bool as_code;
  float alpha;
  std::int32_t window;  // W: steps between cuts, and recent tokens
};

class Lazy final : public AttentionPolicy {
 public:
  Lazy(const LazyConfig& config, const Common& common, const PolicyContext& context)
      : AttentionPolicy(common, context), config_(config) {}

  [[nodiscard]] bool decides(const StepEnd& step) const override {
    return step.kind == StepKind::decode && step.decode_steps % config_.window == 0;
  }

 private:
  void attend(const Attended& attended) override {
    std::vector<std::int32_t>& last = part(last_, attended.scope);
    std::vector<std::int32_t>& longest = part(longest_, attended.scope);
    for (const PageRun& run : attended.runs) {
      activate(attended.mass.subspan(run.at, run.count), last.data() + run.page,
               longest.data() + run.page);
    }
  }

  void activate(std::span<const float> masses, std::int32_t* last, std::int32_t* longest) const {
    const std::int32_t now = decode_steps();
    const std::int32_t entry = std::max(0, now - 1) + 1;
    const float alpha = is_decoding() ? config_.alpha : std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < masses.size(); ++i) {
      // Masks instead of branches: attention is no pattern that a processor predicts.
      const std::int32_t is_new = -static_cast<std::int32_t>(last[i] == 0);
      const std::int32_t active = -static_cast<std::int32_t>(masses[i] >= alpha);
      const std::int32_t before = last[i] + (is_new & entry);
      longest[i] = std::max(longest[i], active & (now + 1 - before));
      last[i] = (active & (now + 1)) | (~active & before);
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    const std::int32_t mri = value_at(longest_, scope, page);
    const double age = decode_steps() - std::max(0, value_at(last_, scope, page) - 1);
    const double longest = mri;
    double recency = 0.0;
    if (config_.as_code) {
      recency = 2.0 / (1.0 + std::exp(1.0 + age / (longest + 1e-5)));
    } else {
      recency = age == 0.0 ? 1.0 : 2.0 / (1.0 + std::exp(age / longest));  // 0 for MRI = 0
    }
    const double rarity = mri == 0 ? 0.0 : 2.0 / (1.0 + std::exp(longest - 1.0));
    return static_cast<float>(recency + rarity);
  }

  LazyConfig config_;
  std::vector<std::vector<std::int32_t>> last_;     // (scope, page): decode step + 1; 0: new
  std::vector<std::vector<std::int32_t>> longest_;  // (scope, page): MRI, decode steps
};

}  // namespace

std::span<const ParamSpec> lazy_params() {
  static const std::array kSpecs{
      ParamSpec{"form", std::string("paper"), "H1 as in the paper or as in the authors' code"},
      ParamSpec{"window", std::int64_t{64},
                "W, decode steps between cuts and recent tokens kept; the authors take the 80th "
                "percentile of the recurrence intervals (27 to 363)"},
      ParamSpec{"alpha", 0.0001, "attention that activates a token (1e-4 Qwen, 5e-4 Llama)"},
      ParamSpec{kPromptParam, false, kPromptHelp},
      ParamSpec{kSharingParam, std::string("head"), kSharingHelp},
      ParamSpec{kGroupParam, std::string("max"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_lazy(const Params& params, const PolicyContext& context) {
  const std::string& form = params.text("form");
  if (form != "paper" && form != "code")
    throw_unknown_name("form of lazy", form, {"code", "paper"});
  const std::int32_t window = integer_in(params, "lazy", "window", 1, 1 << 16);
  const double alpha = real_in(params, "lazy", "alpha", 0.0, 1.0);
  return std::make_unique<Lazy>(LazyConfig{form == "code", static_cast<float>(alpha), window},
                                common_of(params, window), context);
}

}  // namespace pagequest::kv
