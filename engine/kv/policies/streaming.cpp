// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// StreamingLLM (Xiao et al., arXiv 2309.17453, section 3.2): the first tokens are kept as attention
// sinks, the rest is first in, first out. By pages: a page that holds a sink token is kept whole,
// and the recent window is what remains of the budget. The paper numbers positions inside the
// cache: `positions=compact`.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <variant>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

class Streaming final : public EvictionPolicy {
 public:
  Streaming(std::int32_t sink_tokens, bool protect_prompt, std::int32_t page_size)
      : sink_tokens_(sink_tokens), protect_prompt_(protect_prompt), page_size_(page_size) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }
  [[nodiscard]] std::int32_t minimum_budget_tokens() const override {
    const std::int32_t sink_pages = (sink_tokens_ + page_size_ - 1) / page_size_;
    return (sink_pages + 1) * page_size_;  // and the page that is being written
  }

 private:
  void do_observe(const Event& event) override {
    if (const auto* filled = std::get_if<TokensFilled>(&event)) prompt_.observe(*filled);
  }

  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const override {
    std::transform(candidates.begin(), candidates.end(), keep.begin(), [this](const auto& unit) {
      return is_protected(unit.span) ? std::numeric_limits<float>::infinity()
                                     : static_cast<float>(unit.id);
    });
  }

  [[nodiscard]] bool is_protected(TokenSpan span) const {
    return span.first < sink_tokens_ || (protect_prompt_ && prompt_.covers(span));
  }

  std::int32_t sink_tokens_;
  bool protect_prompt_;
  std::int32_t page_size_;
  PromptEnd prompt_;
};

}  // namespace

std::span<const ParamSpec> streaming_params() {
  static const std::array kSpecs{
      ParamSpec{"sink_tokens", std::int64_t{4}, "first tokens to keep, rounded up to pages"},
      ParamSpec{kPromptParam, false, kPromptHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_streaming(const Params& params, const PolicyContext& context) {
  return std::make_unique<Streaming>(integer_in(params, "streaming", "sink_tokens", 0, 1 << 20),
                                     params.flag(kPromptParam), context.page_size);
}

}  // namespace pagequest::kv
