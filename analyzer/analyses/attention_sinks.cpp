// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/decode_steps.h"

namespace pagequest::analyzer {
namespace {

/// Sink shares of one layer and KV head.
struct Shares {
  std::int64_t steps = 0;
  double sum = 0.0;
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;

  void add(double share) {
    ++steps;
    sum += share;
    least = std::min(least, share);
    most = std::max(most, share);
  }
};

/// How much of their attention the heads give to the learned sinks, which hold no keys.
class AttentionSinks final : public Analysis {
 public:
  explicit AttentionSinks(const traces::Header& header)
      : policy_(header.policy),
        steps_(header),
        shares_(static_cast<std::size_t>(steps_.streams())) {}

  [[nodiscard]] bool needs_attention() const override { return true; }

  [[nodiscard]] std::vector<ResultTable> results() const override {
    ResultTable table(
        "attention_sinks",
        "Share of the attention that the model's learned sinks get, over the main thread's decode "
        "steps; mean over the query heads of each KV head. Empty for a model without sinks.",
        {{"policy", ""},
         {"layer", ""},
         {"kv_head", ""},
         {"steps", "steps"},
         {"mean", "share of attention"},
         {"min", "share of attention"},
         {"max", "share of attention"}});
    for (std::int32_t stream = 0; stream < steps_.streams(); ++stream) {
      const Shares& shares = shares_[static_cast<std::size_t>(stream)];
      if (shares.steps == 0) continue;
      table.add({policy_, std::int64_t{steps_.layer(stream)}, std::int64_t{steps_.kv_head(stream)},
                 shares.steps, shares.sum / static_cast<double>(shares.steps), shares.least,
                 shares.most});
    }
    return {table};
  }

 private:
  void do_observe(const Event& event) override {
    const auto step = steps_.observe(event);
    if (!step || step->attention->sink_share.size() != shares_.size()) return;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      shares_[i].add(static_cast<double>(step->attention->sink_share[i]));
    }
  }

  std::string policy_;
  DecodeSteps steps_;
  std::vector<Shares> shares_;  // (layer, KV head)
};

}  // namespace

std::span<const ParamSpec> attention_sinks_params() { return {}; }

AnalysisPtr make_attention_sinks(const Params& /*params*/, const traces::Header& header) {
  return std::make_unique<AttentionSinks>(header);
}

}  // namespace pagequest::analyzer
