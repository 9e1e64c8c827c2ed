// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/analysis_set.h"
#include "base/result_table.h"
#include "traces/reader.h"

namespace pagequest::analyzer {

/// Called after each episode with the number done and the total; may throw to stop the run.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Runs the requested analyses in one pass over the trace. Attention is read only if one of them
/// needs it. Throws as AnalysisSet and Reader do.
[[nodiscard]] std::vector<AnalysisResult> run_analyses(const traces::Reader& reader,
                                                       std::span<const AnalysisRequest> requests,
                                                       const Progress& progress = {});

/// The table of that name among all the results; asking for one that is not there is a
/// programmer's mistake.
[[nodiscard]] const ResultTable& table_named(std::span<const AnalysisResult> results,
                                             std::string_view name);

/// The tables of all results, in order.
[[nodiscard]] std::vector<ResultTable> all_tables(std::span<const AnalysisResult> results);

}  // namespace pagequest::analyzer
