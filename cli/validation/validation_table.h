// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result_table.h"
#include "engine/bench/serving_run.h"
#include "simulator/metrics/run_metrics.h"

namespace pagequest::cli {

/// What is compared of a run, measured or simulated.
struct ServingFigures {
  double run_time_s = 0;
  double tokens_per_s = 0;  // sampled, of main and auxiliary threads
  double peak_pages = 0;
  double first_ttft_ms = 0;  // medians; of an episode's first turn
  double turn_ttft_ms = 0;   // of the turns behind a tool's response
  double tpot_ms = 0;
  double preemptions = 0;
  double iterations = 0;
};

[[nodiscard]] ServingFigures figures_of(const bench::ServingRun& run);
[[nodiscard]] ServingFigures figures_of(const simulator::RunMetrics& run);

/// The same episodes under one policy.
struct Comparison {
  std::string policy;
  ServingFigures measured;
  ServingFigures simulated;
};

/// One row a policy and figure; error: simulated over measured, minus 1.
[[nodiscard]] ResultTable validation_table(const std::vector<Comparison>& comparisons);

/// What each iteration computed and took, of one measured run.
[[nodiscard]] ResultTable iterations_table(const std::string& policy, const bench::ServingRun& run);

}  // namespace pagequest::cli
