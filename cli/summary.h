// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "cli/recording.h"
#include "traces/reader.h"

namespace pagequest::cli {

/// The `episodes_summary` table of the analysis `episodes`: one row.
[[nodiscard]] ResultTable episodes_summary(const traces::Reader& trace);

/// One recorded policy of a comparison.
struct PolicyRun {
  std::string policy;
  ResultTable episodes;  // of episodes_summary()
  double tokens_per_s;   // sampled tokens of all threads by wall-clock time
};

/// The columns that people compare, one row a policy, with the speed beside them.
[[nodiscard]] ResultTable summary_table(const std::vector<PolicyRun>& runs);

/// The same as a JSON document: {"policies": {"full": {"accuracy": ...}}}.
[[nodiscard]] std::string summary_json(const std::vector<PolicyRun>& runs,
                                       const RecordingConfig& config);

}  // namespace pagequest::cli
