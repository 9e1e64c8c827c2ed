// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "analyzer/run_analyses.h"
#include "cli/version.h"

namespace pagequest::cli {
namespace {

constexpr const char* kOutcomes[] = {"complete", "unparsable", "context_limit", "turn_limit"};
constexpr const char* kMeans[] = {"peak_tokens_mean", "peak_tokens_with_aux_mean", "kv_reads_mean",
                                  "aux_tokens_mean"};
constexpr const char* kShares[] = {"accuracy", "strict_accuracy"};

nlohmann::json policy_json(const PolicyRun& run) {
  nlohmann::json out = {{"episodes", static_cast<std::int64_t>(run.episodes.number(0, "episodes"))},
                        {"budget_tokens", run.episodes.number(0, "budget_tokens")},
                        {"joins_parsed_share", run.episodes.number(0, "joins_parsed_share")},
                        {"tokens_per_s", run.tokens_per_s}};
  for (const auto* name : kShares) out[name] = run.episodes.number(0, name);
  for (const auto* name : kMeans) out[name] = run.episodes.number(0, name);
  for (const auto* name : kOutcomes) {
    out["outcomes"][name] = static_cast<std::int64_t>(run.episodes.number(0, name));
  }
  return out;
}

std::vector<Column> summary_columns() {
  std::vector<Column> columns = {{"policy", ""}, {"episodes", "episodes"}};
  for (const auto* name : kShares) columns.push_back({name, "share"});
  for (const auto* name : kOutcomes) columns.push_back({name, "episodes"});
  for (const auto* name : kMeans) columns.push_back({name, "tokens"});
  columns.push_back({"tokens_per_s", "tokens/s"});
  return columns;
}

}  // namespace

ResultTable episodes_summary(const traces::Reader& trace) {
  const analyzer::AnalysisRequest request{.name = "episodes", .params = {}};
  return analyzer::table_named(analyzer::run_analyses(trace, {&request, 1}), "episodes_summary");
}

ResultTable summary_table(const std::vector<PolicyRun>& runs) {
  ResultTable table("summary",
                    "Means over the episodes of each policy. Peak: most live tokens of the main "
                    "thread at once; with aux: plus the auxiliary thread's own.",
                    summary_columns());
  for (const auto& run : runs) {
    std::vector<Cell> row = {run.policy,
                             static_cast<std::int64_t>(run.episodes.number(0, "episodes"))};
    for (const auto* name : kShares) row.emplace_back(run.episodes.number(0, name));
    for (const auto* name : kOutcomes) {
      row.emplace_back(static_cast<std::int64_t>(run.episodes.number(0, name)));
    }
    for (const auto* name : kMeans) row.emplace_back(std::round(run.episodes.number(0, name)));
    row.emplace_back(std::round(run.tokens_per_s));
    table.add(std::move(row));
  }
  return table;
}

std::string summary_json(const std::vector<PolicyRun>& runs, const RecordingConfig& config) {
  RecordingConfig copy = config;
  nlohmann::json document = {{"version", version()}, {"commit", commit()}};
  document["config"] = nlohmann::json::parse(resolved_json(recording_options(copy)));
  for (const auto& run : runs) document["policies"][run.policy] = policy_json(run);
  return document.dump(2) + "\n";
}

}  // namespace pagequest::cli
