// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// H2O, the heavy-hitter oracle (Zhang et al., arXiv 2306.14048, section 4): keep the tokens with
// the largest attention mass accumulated over all queries, and a window of recent ones. Here by
// pages and for the whole model: a page's mass is the mean over layers and KV heads, summed over
// its tokens. `sum` is the paper's score, which favours old pages because they were seen by more
// queries; `mean` divides by the number of those queries (NORM_SUM in OpenVINO GenAI, observed
// attention in kvpress).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/event_sink.h"
#include "engine/kv/policies/prompt_end.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

struct H2OConfig {
  bool mean;
  double recent_share;
  bool protect_prompt;
};

class H2O final : public EvictionPolicy {
 public:
  H2O(const H2OConfig& config, const PolicyContext& context)
      : config_(config),
        page_size_(context.page_size),
        recent_tokens_(static_cast<std::int32_t>(config.recent_share * context.budget_tokens)) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }
  [[nodiscard]] bool needs_attention() const override { return true; }

  /// One page of heavy hitters, and one because the window is rounded up to pages.
  [[nodiscard]] std::int32_t minimum_budget_tokens() const override {
    const double least = 2.0 * page_size_ / (1.0 - config_.recent_share);
    return static_cast<std::int32_t>(std::min(std::ceil(least), 1e9));
  }

 private:
  struct Mass {
    double sum = 0.0;
    std::int64_t rows = 0;
  };

  void do_observe(const Event& event) override {
    std::visit(Overloaded{[this](const TokensFilled& filled) {
                            prompt_.observe(filled);
                            next_position_ =
                                filled.first + static_cast<std::int32_t>(filled.tokens.size());
                          },
                          [this](const PagesAttended& attended) { accumulate(attended); },
                          [](const auto&) {}},
               event);
  }

  /// Whether the layer's window reaches the page at `index`.
  static bool sees(const PagesAttended& attended, std::size_t layer, std::size_t index) {
    return layer >= attended.first_page.size() ||
           std::cmp_greater_equal(index, attended.first_page[layer]);
  }

  /// Means are over the layers that see a page: lying outside of the windows of others, which do
  /// not keep it anyway, is no reason to drop it.
  void accumulate(const PagesAttended& attended) {
    const std::size_t pages = attended.pages.size();
    const std::size_t groups = pages == 0 ? 0 : attended.mean.size() / pages;
    const auto heads = static_cast<std::size_t>(std::max(1, attended.kv_heads));
    mass_.resize(static_cast<std::size_t>((next_position_ + page_size_ - 1) / page_size_));
    for (std::size_t i = 0; i < pages; ++i) {
      const auto page = static_cast<std::size_t>(attended.pages[i]);
      if (page >= mass_.size()) continue;
      double mass = 0.0;
      std::size_t seeing = 0;
      for (std::size_t group = 0; group < groups; ++group) {
        if (!sees(attended, group / heads, i)) continue;
        mass += static_cast<double>(attended.mean[group * pages + i]);
        ++seeing;
      }
      if (seeing == 0) continue;
      mass_[page].sum += attended.query_rows * (mass / static_cast<double>(seeing));
      mass_[page].rows += attended.query_rows;
    }
  }

  void do_score(std::span<const UnitView> candidates, std::span<float> keep) const override {
    std::transform(candidates.begin(), candidates.end(), keep.begin(), [this](const auto& unit) {
      return is_protected(unit.span) ? std::numeric_limits<float>::infinity() : mass_of(unit.id);
    });
  }

  [[nodiscard]] bool is_protected(TokenSpan span) const {
    return span.end() > next_position_ - recent_tokens_ ||
           (config_.protect_prompt && prompt_.covers(span));
  }

  [[nodiscard]] float mass_of(std::int32_t page) const {
    const auto index = static_cast<std::size_t>(page);
    if (index >= mass_.size() || mass_[index].rows == 0) return 0.0F;
    const Mass& mass = mass_[index];
    return static_cast<float>(config_.mean ? mass.sum / static_cast<double>(mass.rows) : mass.sum);
  }

  H2OConfig config_;
  std::int32_t page_size_;
  std::int32_t recent_tokens_;
  std::int32_t next_position_ = 0;
  PromptEnd prompt_;
  std::vector<Mass> mass_;  // (page)
};

}  // namespace

std::span<const ParamSpec> h2o_params() {
  static const std::array kSpecs{
      ParamSpec{"score", std::string("sum"),
                "accumulated attention: sum, or mean over the queries"},
      ParamSpec{"recent_share", 0.5, "share of the budget that is the recent window, 0 to 0.95"},
      ParamSpec{"protect_prompt", false, "keep the prompt (all before the first decode step) too"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_h2o(const Params& params, const PolicyContext& context) {
  constexpr double kMostRecentShare = 0.95;
  const std::string& score = params.text("score");
  if (score != "sum" && score != "mean") throw_unknown_name("score of h2o", score, {"mean", "sum"});
  const double recent_share = params.real("recent_share");
  if (!(recent_share >= 0.0 && recent_share <= kMostRecentShare)) {
    throw usage_error({.what = "bad value for parameter `recent_share`",
                       .where = "h2o",
                       .found = to_text(recent_share),
                       .expected = "0 to " + to_text(kMostRecentShare),
                       .hint = {}});
  }
  return std::make_unique<H2O>(
      H2OConfig{score == "mean", recent_share, params.flag("protect_prompt")}, context);
}

}  // namespace pagequest::kv
