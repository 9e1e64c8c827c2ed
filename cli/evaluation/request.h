// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/evaluation/cell_player.h"
#include "cli/recording.h"

namespace pagequest::cli {

/// What a user asks of `eval`.
struct EvaluationRequest {
  RecordingConfig config;  // of a custom task; a suite takes its model, seed and episodes
  std::string suite;       // empty: the task of `config`, or kDefaultSuite if that is empty too
  bool ablate = false;     // the suite `ablation`
  bool quick = false;      // the suite `quick`
  std::int32_t jobs = 0;   // 0: as many as there are cores, or one of a custom task
  std::vector<std::string> tasks;     // of the suite; empty: all
  std::vector<std::string> policies;  // of the suite, empty: all; or pieces, see parse_policies()
  std::vector<std::int32_t> budgets;  // tokens
  std::vector<std::string> given;     // options that the user gave, without dashes

  [[nodiscard]] bool is_custom() const { return !config.agent.task.empty(); }
};

inline constexpr const char* kDefaultSuite = "paper";

/// Options that only suites take; custom tasks take the others.
inline constexpr std::array<std::string_view, 4> kSuiteOptions = {"suite", "ablate", "quick",
                                                                  "tasks"};

/// What is to be played, and all that it takes.
struct Evaluation {
  std::vector<CellSpec> cells;
  Models models;
  std::string command;  // that makes it again
  std::int32_t jobs;    // cells at a time
};

/// Loads the models and checks all that can be before the first cell takes its time. Throws
/// usage_error on options that do not go together, unknown names and impossible settings, and
/// input_error about files.
[[nodiscard]] Evaluation evaluation_of(const EvaluationRequest& request);

}  // namespace pagequest::cli
