// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "cli/recording.h"

namespace pagequest::cli {

struct PolicyRun {
  std::string policy;
  RecordingResult result;
};

/// One row a policy: accuracy, outcomes, peak tokens, KV reads, auxiliary overhead, tokens/s.
/// Means are over the episodes; tokens/s counts sampled tokens of all threads.
[[nodiscard]] ResultTable recording_summary(const std::vector<PolicyRun>& runs);

/// The same as a JSON text: {"policies": {"full": {"accuracy": ...}}}.
[[nodiscard]] std::string summary_json(const std::vector<PolicyRun>& runs,
                                       const RecordingConfig& config);

}  // namespace pagequest::cli
