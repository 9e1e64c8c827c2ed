// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// H2O, the heavy-hitter oracle (Zhang et al., arXiv 2306.14048, section 4): keep the tokens with
// the largest attention mass accumulated over all queries, and a window of recent ones. The
// original lets each head of each layer choose tokens by itself (sharing=head, pages of one
// token); sharing=all is the same for whole pages of the whole model. `sum` is the paper's score,
// which favours old tokens because they were seen by more queries; `mean` divides by the number of
// those queries (NORM_SUM in OpenVINO GenAI, observed attention in kvpress). Of a prompt, the rows
// that are captured count.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/kv/loops/loops.h"
#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

constexpr double kMostRecentShare = 0.95;

struct H2OConfig {
  bool mean;
  bool prompt_counts;
  double recent_share;
};

class H2O final : public AttentionPolicy {
 public:
  H2O(const H2OConfig& config, const Common& common, const PolicyContext& context)
      : AttentionPolicy(common, context), config_(config) {}

  /// One page of heavy hitters, and one because the window is rounded up to pages.
  [[nodiscard]] std::int32_t minimum_budget_tokens() const override {
    const double least = 2.0 * context().page_size / (1.0 - config_.recent_share);
    return static_cast<std::int32_t>(std::min(std::ceil(least), 1e9));
  }

 private:
  void attend(const Attended& attended) override {
    if (!config_.prompt_counts && !is_decoding()) return;
    std::vector<double>& sums = part(sums_, attended.scope);
    for (const PageRun& run : attended.runs) {
      loops().add_seen(attended.mass.data() + run.at, run.count, attended.query_rows,
                       sums.data() + run.page);
    }
    if (config_.mean) count_rows(attended);
  }

  void count_rows(const Attended& attended) {
    std::vector<std::int64_t>& rows = part(rows_, attended.scope);
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      if (attended.mass[i] < 0.0F) continue;
      rows[static_cast<std::size_t>(attended.pages[i])] += attended.query_rows;
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const override {
    const double sum = value_at(sums_, scope, page);
    if (!config_.mean) return static_cast<float>(sum);
    const std::int64_t rows = value_at(rows_, scope, page);
    return rows == 0 ? 0.0F : static_cast<float>(sum / static_cast<double>(rows));
  }

  void keep_scores(std::int32_t scope, std::span<const UnitView> candidates,
                   std::span<float> keep) const override {
    if (config_.mean) return AttentionPolicy::keep_scores(scope, candidates, keep);
    score_each(known(sums_, scope), candidates, keep,
               [](double sum) { return static_cast<float>(sum); });
  }

  H2OConfig config_;
  std::vector<std::vector<double>> sums_;        // (scope, page)
  std::vector<std::vector<std::int64_t>> rows_;  // (scope, page): queries, for the mean
};

}  // namespace

std::span<const ParamSpec> h2o_params() {
  static const std::array kSpecs{
      ParamSpec{"score", std::string("sum"),
                "accumulated attention: sum, or mean over the queries"},
      ParamSpec{"recent_share", 0.5, "share of the budget that is the recent window, 0 to 0.95"},
      ParamSpec{kPromptParam, false, kPromptHelp},
      ParamSpec{"prompt_counts", true, "accumulate over the prompt's queries, not decode alone"},
      ParamSpec{kSharingParam, std::string("all"), kSharingHelp},
      ParamSpec{kGroupParam, std::string("mean"), kGroupHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_h2o(const Params& params, const PolicyContext& context) {
  const std::string& score = params.text("score");
  if (score != "sum" && score != "mean") throw_unknown_name("score of h2o", score, {"mean", "sum"});
  const double recent = real_in(params, "h2o", "recent_share", 0.0, kMostRecentShare);
  return std::make_unique<H2O>(
      H2OConfig{score == "mean", params.flag("prompt_counts"), recent},
      common_of(params, static_cast<std::int32_t>(recent * context.budget_tokens)), context);
}

}  // namespace pagequest::kv
