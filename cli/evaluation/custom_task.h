// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/evaluation/suite.h"
#include "cli/options.h"
#include "cli/recording.h"

namespace pagequest::cli {

/// Any task with any checkpoint and the options of a recording, in the place of a suite's.
struct CustomTask {
  RecordingConfig config;  // resolved; the policy and its budget are the cell's affair
  /// All that decides what the episodes are, beside the model and the policy: the options' values
  /// and what is in their files, as a JSON text with sorted keys.
  std::string key;
};

/// The options of `record` that an evaluation takes: all but the policy's, which it lists, and
/// those about what a trace holds. They point into `config`.
[[nodiscard]] std::vector<Option> custom_options(RecordingConfig& config);

/// Which policies an evaluation compares, and with which budgets in tokens.
struct ComparedPolicies {
  std::vector<std::string> policies;  // pieces, see parse_policies()
  std::vector<std::int32_t> budgets;
};

/// `full`, then each policy that the user lists, once or with each budget. Nothing is loaded.
/// Throws usage_error on unknown policies, budgets that none of them takes, or none where one of
/// them needs it.
[[nodiscard]] std::vector<CellSpec> compared_cells(const ComparedPolicies& comparison);

/// The cells with the task. Throws what recording one of them would throw before it plays.
[[nodiscard]] std::vector<CellSpec> cells_of(const RecordingConfig& config,
                                             std::vector<CellSpec> cells,
                                             const model::Model& model);

/// What a cell of a custom task plays.
[[nodiscard]] RecordingConfig config_of(const CellSpec& cell);

}  // namespace pagequest::cli
