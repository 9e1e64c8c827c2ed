// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// IntentKV's rule without its learned part (arXiv 2606.09916, section 3): behind each prefill, keep
// what the queries of this and earlier turns attend to, one set for all layers and heads. The paper
// keeps a decaying memory of queries, M = exp(-lambda) M + q, and asks it for attention; here the
// memory is of the attention itself, which the softmax makes differ. What the first prefill brought
// (the system prompt and the question) and the newest span stay.
#include <array>
#include <cmath>
#include <memory>
#include <variant>
#include <vector>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

class IntentKvRule final : public AttentionPolicy {
 public:
  IntentKvRule(double lambda, const Common& common, const PolicyContext& context)
      : AttentionPolicy(common, context), decay_(std::exp(-lambda)) {}

  [[nodiscard]] bool decides(const StepEnd& step) const override { return step.after_prefill; }

 private:
  void attend(const Attended& attended) override {
    const bool new_turn = !is_decoding() && was_decoding_;
    was_decoding_ = is_decoding();
    std::vector<double>& memory = part(memory_, attended.scope);
    if (new_turn) {
      for (double& mass : memory) mass *= decay_;
    }
    if (is_decoding()) return;
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      if (attended.mass[i] < 0.0F) continue;
      memory[static_cast<std::size_t>(attended.pages[i])] +=
          attended.query_rows * static_cast<double>(attended.mass[i]);
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    return static_cast<float>(value_at(memory_, scope, page));
  }

  double decay_;  // a turn
  bool was_decoding_ = false;
  std::vector<std::vector<double>> memory_;  // (scope, page)
};

}  // namespace

std::span<const ParamSpec> intentkv_rule_params() {
  static const std::array kSpecs{
      ParamSpec{"lambda", 0.5, "decay of the memory a turn: exp(-lambda)"},
      ParamSpec{"window", std::int64_t{32}, "newest tokens that are kept"},
      ParamSpec{kPromptParam, true, kPromptHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_intentkv_rule(const Params& params,
                                                   const PolicyContext& context) {
  return std::make_unique<IntentKvRule>(
      real_in(params, "intentkv-rule", "lambda", 0.0, 100.0),
      AttentionPolicy::Common{
          .sharing = Sharing::all,
          .group = GroupMass::mean,
          .recent_tokens = integer_in(params, "intentkv-rule", "window", 0, 1 << 16),
          .protect_prompt = params.flag(kPromptParam)},
      context);
}

}  // namespace pagequest::kv
