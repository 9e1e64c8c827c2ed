// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/run_analyses.h"

#include "base/check.h"

namespace pagequest::analyzer {

std::vector<AnalysisResult> run_analyses(const traces::Reader& reader,
                                         std::span<const AnalysisRequest> requests,
                                         const Progress& progress) {
  AnalysisSet set(requests, reader.header());
  if (set.wants_kernel_times()) reader.replay_kernels(set);
  const std::size_t total = reader.episodes().size();
  for (std::size_t i = 0; i < total; ++i) {
    reader.replay(i, set, set.wants_attention());
    if (progress) progress(i + 1, total);
  }
  return set.results();
}

const ResultTable& table_named(std::span<const AnalysisResult> results, std::string_view name) {
  for (const auto& result : results) {
    for (const auto& table : result.tables) {
      if (table.name() == name) return table;
    }
  }
  check_failed("table_named", "an analysis that gives the table was run", __FILE__, __LINE__);
}

std::vector<ResultTable> all_tables(std::span<const AnalysisResult> results) {
  std::vector<ResultTable> tables;
  for (const auto& result : results) {
    tables.insert(tables.end(), result.tables.begin(), result.tables.end());
  }
  return tables;
}

}  // namespace pagequest::analyzer
