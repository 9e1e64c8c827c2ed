// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/wilson.h"

namespace pagequest::analyzer {
namespace {

struct Episode {
  EpisodeEnded end;
  std::int64_t evicted_tokens;
  std::int64_t joins;
  std::int64_t joins_parsed;
};

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

class Episodes final : public Analysis {
 public:
  explicit Episodes(traces::Header header) : header_(std::move(header)) {}

  [[nodiscard]] bool needs_attention() const override { return false; }
  [[nodiscard]] std::vector<ResultTable> results() const override {
    return {summary(), episode_list()};
  }

 private:
  void do_observe(const Event& event) override {
    if (std::holds_alternative<EpisodeBegan>(event)) {
      running_ = {};
    } else if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      running_.evicted_tokens += evicted->tokens;
    } else if (const auto* joined = std::get_if<AuxJoined>(&event)) {
      ++running_.joins;
      running_.joins_parsed += joined->parsed ? 1 : 0;
    } else if (const auto* ended = std::get_if<EpisodeEnded>(&event)) {
      running_.end = *ended;
      episodes_.push_back(running_);
    }
  }

  template <class F>
  [[nodiscard]] std::int64_t sum(F value) const {
    std::int64_t total = 0;
    for (const auto& episode : episodes_) total += static_cast<std::int64_t>(value(episode));
    return total;
  }
  template <class F>
  [[nodiscard]] double mean(F value) const {
    return share(sum(value), static_cast<std::int64_t>(episodes_.size()));
  }
  [[nodiscard]] std::int64_t with_outcome(Outcome outcome) const {
    return sum([outcome](const Episode& e) { return e.end.outcome == outcome ? 1 : 0; });
  }

  [[nodiscard]] ResultTable summary() const;
  [[nodiscard]] ResultTable episode_list() const;

  traces::Header header_;
  Episode running_{};
  std::vector<Episode> episodes_;
};

ResultTable Episodes::summary() const {
  ResultTable table(
      "episodes_summary",
      "One recording. Accuracy with its 95 % Wilson interval; strict: correct with no call beyond "
      "the need. Peak: most live tokens of the main thread at once, mean over episodes; with aux: "
      "plus the auxiliary thread's own. KV reads: live tokens summed over the decode steps of both "
      "threads, per sequence, not per layer.",
      {{"policy", ""},
       {"budget_tokens", "tokens"},
       {"episodes", "episodes"},
       {"accuracy", "share of episodes"},
       {"accuracy_low", "share of episodes"},
       {"accuracy_high", "share of episodes"},
       {"strict_accuracy", "share of episodes"},
       {"strict_accuracy_low", "share of episodes"},
       {"strict_accuracy_high", "share of episodes"},
       {"complete", "episodes"},
       {"unparsable", "episodes"},
       {"context_limit", "episodes"},
       {"turn_limit", "episodes"},
       {"peak_tokens_mean", "tokens"},
       {"peak_tokens_with_aux_mean", "tokens"},
       {"kv_reads_mean", "tokens"},
       {"aux_tokens_mean", "tokens"},
       {"evicted_tokens_mean", "tokens"},
       {"turns_mean", "turns"},
       {"calls_mean", "calls"},
       {"calls_above_need_mean", "calls"},
       {"joins", "joins"},
       {"joins_parsed_share", "share of joins"}});
  const auto n = static_cast<std::int64_t>(episodes_.size());
  const std::int64_t correct = sum([](const Episode& e) { return e.end.correct ? 1 : 0; });
  const std::int64_t strict = sum([](const Episode& e) { return e.end.strict ? 1 : 0; });
  const std::int64_t joins = sum([](const Episode& e) { return e.joins; });
  const Interval accuracy = wilson_interval_95(correct, n);
  const Interval strictly = wilson_interval_95(strict, n);
  table.add({header_.policy,
             std::int64_t{header_.budget_tokens},
             n,
             share(correct, n),
             accuracy.low,
             accuracy.high,
             share(strict, n),
             strictly.low,
             strictly.high,
             with_outcome(Outcome::complete),
             with_outcome(Outcome::unparsable),
             with_outcome(Outcome::context_limit),
             with_outcome(Outcome::turn_limit),
             mean([](const Episode& e) { return e.end.peak_tokens; }),
             mean([](const Episode& e) { return e.end.peak_tokens_with_aux; }),
             mean([](const Episode& e) { return e.end.kv_reads_tokens; }),
             mean([](const Episode& e) { return e.end.aux_tokens; }),
             mean([](const Episode& e) { return e.evicted_tokens; }),
             mean([](const Episode& e) { return e.end.turns; }),
             mean([](const Episode& e) { return e.end.calls; }),
             mean([](const Episode& e) { return e.end.calls - e.end.needed_calls; }),
             joins,
             share(sum([](const Episode& e) { return e.joins_parsed; }), joins)});
  return table;
}

ResultTable Episodes::episode_list() const {
  ResultTable table("episode_list", "One row an episode, in the order in which they ended.",
                    {{"policy", ""},
                     {"episode", ""},
                     {"outcome", ""},
                     {"correct", "1 = yes"},
                     {"strict", "1 = yes"},
                     {"turns", "turns"},
                     {"needed_calls", "calls"},
                     {"calls", "calls"},
                     {"peak_tokens", "tokens"},
                     {"peak_tokens_with_aux", "tokens"},
                     {"kv_reads", "tokens"},
                     {"aux_tokens", "tokens"},
                     {"evicted_tokens", "tokens"},
                     {"joins", "joins"},
                     {"joins_parsed", "joins"}});
  const auto integer = [](auto value) { return static_cast<std::int64_t>(value); };
  for (const auto& [end, evicted_tokens, joins, joins_parsed] : episodes_) {
    table.add({header_.policy, integer(end.episode.value), std::string(to_string(end.outcome)),
               integer(end.correct), integer(end.strict), integer(end.turns),
               integer(end.needed_calls), integer(end.calls), integer(end.peak_tokens),
               integer(end.peak_tokens_with_aux), end.kv_reads_tokens, integer(end.aux_tokens),
               evicted_tokens, joins, joins_parsed});
  }
  return table;
}

}  // namespace

std::span<const ParamSpec> episodes_params() { return {}; }

AnalysisPtr make_episodes(const Params& /*params*/, const traces::Header& header) {
  return std::make_unique<Episodes>(header);
}

}  // namespace pagequest::analyzer
