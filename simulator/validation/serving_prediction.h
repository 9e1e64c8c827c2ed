// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/cost/cost_coefficients.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/validation/measured_row.h"

namespace pagequest::simulator {

/// How the time to the first token of a measured closed loop follows from two simulated ones:
///   request_overhead_ms + start_up_ms / concurrency
///     + together x (TTFT of requests that come together) + spread x (of requests that don't)
/// Real clients are between the two: they start at once, and drift apart.
struct FirstTokenCoefficients {
  double request_overhead_ms = 0.0;  // HTTP, tokenisation, the first response
  double start_up_ms = 0.0;          // of the run's first requests, whose share falls with 1 / c
  double together = 0.5;
  double spread = 0.5;
};

/// What a prediction takes from the engine beside its scheduling: fitted, or built in.
struct ServingCoefficients {
  CostCoefficients cost;
  FirstTokenCoefficients first_token;
};

/// Means of the closed loop's two simulations, the start of the run left out.
struct SimulatedLoop {
  double together_ttft_ms = 0.0;  // all requests start at once, and stay in step
  double spread_ttft_ms = 0.0;    // the first ones are of different lengths, so that they don't
  double tpot_ms = 0.0;           // of the latter; where prefill goes first, of the former
  std::int64_t pool_tokens = 0;   // that the keys and values of the replica hold
  /// concurrency x (input + output) tokens exceed the pool, or more requests are in flight than a
  /// batch takes: requests wait for others to end.
  bool limited = false;
  bool kv_limited = false;  // the former
};

struct ServingPrediction {
  double ttft_ms = 0.0;
  double tpot_ms = 0.0;
  SimulatedLoop loop;
};

/// The discrete-event simulation of the row's closed loop, with the engine's scheduler and share of
/// the memory, and the row's parallelism: one round of requests to start, then max(4 x concurrency,
/// 32) of equal lengths that count (2 x concurrency if the nominal output has 2,000 tokens or
/// more). Throws usage_error if the model doesn't fit into the machine.
[[nodiscard]] SimulatedLoop simulate_loop(const GpuSpec& gpu, const MeasuredRow& row,
                                          const CostCoefficients& cost);

/// Where requests wait for others to end, they queue for most of their TTFT: it is that of the
/// simulation, and the request overhead.
[[nodiscard]] ServingPrediction predict_serving(const MeasuredRow& row, const SimulatedLoop& loop,
                                                const FirstTokenCoefficients& first_token);

}  // namespace pagequest::simulator
