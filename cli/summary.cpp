// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "cli/version.h"

namespace pagequest::cli {
namespace {

constexpr std::array kOutcomes = {Outcome::complete, Outcome::unparsable, Outcome::context_limit,
                                  Outcome::turn_limit};

/// NaN for no episodes: a mean of nothing is not 0.
template <class Value>
double mean(const std::vector<EpisodeEnded>& episodes, Value value) {
  double sum = 0;
  for (const auto& episode : episodes) sum += static_cast<double>(value(episode));
  return sum / static_cast<double>(episodes.size());
}

std::int64_t count(const std::vector<EpisodeEnded>& episodes, Outcome outcome) {
  return std::count_if(episodes.begin(), episodes.end(),
                       [outcome](const auto& e) { return e.outcome == outcome; });
}

struct Means {
  double accuracy, strict, peak, peak_with_aux, kv_reads, aux_tokens, tokens_per_s;
};

Means means_of(const RecordingResult& result) {
  const auto& all = result.totals.episodes;
  return {.accuracy = mean(all, [](const auto& e) { return e.correct ? 1 : 0; }),
          .strict = mean(all, [](const auto& e) { return e.strict ? 1 : 0; }),
          .peak = mean(all, [](const auto& e) { return e.peak_tokens; }),
          .peak_with_aux = mean(all, [](const auto& e) { return e.peak_tokens_with_aux; }),
          .kv_reads = mean(all, [](const auto& e) { return e.kv_reads_tokens; }),
          .aux_tokens = mean(all, [](const auto& e) { return e.aux_tokens; }),
          .tokens_per_s = static_cast<double>(result.totals.sampled_tokens) / result.seconds};
}

nlohmann::json policy_json(const RecordingResult& result) {
  const Means means = means_of(result);
  nlohmann::json outcomes;
  for (const auto outcome : kOutcomes) {
    outcomes[std::string(to_string(outcome))] = count(result.totals.episodes, outcome);
  }
  return {{"accuracy", means.accuracy},
          {"accuracy_strict", means.strict},
          {"episodes", result.totals.episodes.size()},
          {"outcomes", outcomes},
          {"peak_tokens_mean", means.peak},
          {"peak_tokens_with_aux_mean", means.peak_with_aux},
          {"kv_reads_mean", means.kv_reads},
          {"aux_tokens_mean", means.aux_tokens},
          {"tokens_per_s", means.tokens_per_s},
          {"seconds", result.seconds}};
}

}  // namespace

ResultTable recording_summary(const std::vector<PolicyRun>& runs) {
  ResultTable table("summary", "Means over the episodes that each policy played.",
                    {{"policy", ""},
                     {"episodes", ""},
                     {"accuracy", "share"},
                     {"strict", "share"},
                     {"complete", "episodes"},
                     {"unparsable", "episodes"},
                     {"context_limit", "episodes"},
                     {"turn_limit", "episodes"},
                     {"peak", "tokens"},
                     {"peak_with_aux", "tokens"},
                     {"kv_reads", "tokens"},
                     {"aux", "tokens"},
                     {"speed", "tokens/s"}});
  for (const auto& [policy, result] : runs) {
    const auto& all = result.totals.episodes;
    const Means m = means_of(result);
    table.add({policy, static_cast<std::int64_t>(all.size()), m.accuracy, m.strict,
               count(all, Outcome::complete), count(all, Outcome::unparsable),
               count(all, Outcome::context_limit), count(all, Outcome::turn_limit),
               std::round(m.peak), std::round(m.peak_with_aux), std::round(m.kv_reads),
               std::round(m.aux_tokens), std::round(m.tokens_per_s)});
  }
  return table;
}

std::string summary_json(const std::vector<PolicyRun>& runs, const RecordingConfig& config) {
  RecordingConfig copy = config;
  nlohmann::json document = {{"version", version()}, {"commit", commit()}};
  document["config"] = nlohmann::json::parse(resolved_json(recording_options(copy)));
  for (const auto& [policy, result] : runs) document["policies"][policy] = policy_json(result);
  return document.dump(2) + "\n";
}

}  // namespace pagequest::cli
