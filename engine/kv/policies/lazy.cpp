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
#include <memory>
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
  struct Recurrence {
    std::int32_t last = -1;  // decode step; -1: the token is new
    std::int32_t longest = 0;
  };

  void attend(const Attended& attended) override {
    std::vector<Recurrence>& state = part(state_, attended.scope);
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      Recurrence& page = state[static_cast<std::size_t>(attended.pages[i])];
      if (page.last < 0) page.last = std::max(0, decode_steps() - 1);
      if (!is_decoding() || attended.mass[i] < config_.alpha) continue;
      page.longest = std::max(page.longest, decode_steps() - page.last);
      page.last = decode_steps();
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    const Recurrence state = value_at(state_, scope, page);
    const double age = decode_steps() - std::max(0, state.last);
    const double longest = state.longest;
    double recency = 0.0;
    if (config_.as_code) {
      recency = 2.0 / (1.0 + std::exp(1.0 + age / (longest + 1e-5)));
    } else {
      recency = age == 0.0 ? 1.0 : 2.0 / (1.0 + std::exp(age / longest));  // 0 for MRI = 0
    }
    const double rarity = state.longest == 0 ? 0.0 : 2.0 / (1.0 + std::exp(longest - 1.0));
    return static_cast<float>(recency + rarity);
  }

  LazyConfig config_;
  std::vector<std::vector<Recurrence>> state_;  // (scope, page)
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
