// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "simulator/cost/step_cost.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

/// One request of a measured run.
struct MeasuredRequest {
  std::int32_t input = 0;   // tokens
  std::int32_t output = 0;  // tokens
  double queued_s = 0.0;    // since the first request's
  double ttft_s = 0.0;      // since it was queued
  double latency_s = 0.0;   // to the last token

  [[nodiscard]] double tpot_s() const { return (latency_s - ttft_s) / (output - 1); }
};

/// A measured run, request by request, in the order in which they were queued: JSON lines with
/// input_toks, output_toks, queued_ts, first_token_ts and last_token_ts in seconds, as
/// LLMServingSim records vLLM (casys-kaist/LLMServingSim, bench/). Throws input_error with the
/// line.
[[nodiscard]] std::vector<MeasuredRequest> read_request_run(const std::filesystem::path& jsonl);

/// Replays the requests' arrivals and lengths on one replica with `pages` of keys and values.
/// First-token times come in the order of the requests where config.order is fcfs.
[[nodiscard]] RunMetrics simulate_request_run(const std::vector<MeasuredRequest>& requests,
                                              const StepCost& cost, std::int64_t pages,
                                              SimulationConfig config);

/// Pearson's correlation coefficient of two lists of equal length; 0 if one of them is constant.
[[nodiscard]] double correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace pagequest::simulator
