// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/memory/capacity.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/metrics/timeline.h"
#include "simulator/simulation_config.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Means over the sessions of a workload, in served tokens.
struct WorkloadMeans {
  std::int64_t episodes = 0;
  double turns = 0.0;
  double prompt = 0.0;
  double responses = 0.0;
  double thoughts = 0.0;
  double calls = 0.0;
  double answers = 0.0;
  double auxiliary = 0.0;
  double evicted = 0.0;
  double peak_tokens = 0.0;  // live, auxiliary threads at full length
  double peak_pages = 0.0;
  std::int64_t most_pages = 0;  // of one episode
};

struct ReplayResult {
  std::int32_t page_tokens = 0;
  WorkloadMeans workload;
  RunMetrics metrics;
  KvCapacity capacity;
  std::int32_t replicas = 1;      // prefill replicas included; each has the capacity below
  double recorded_seconds = 0.0;  // from the first arrival to the last; 0: not as recorded
  TimelineRow overall;            // means over the run
  std::vector<TimelineRow> timeline;
};

/// What Load::automatic stands for with this workload; other loads as they are.
[[nodiscard]] Load load_of(const Workload& workload, const SimulationConfig& config);

/// Serves the workload's sessions on one GPU: a discrete-event simulation of a continuous-batching
/// engine. Sessions are reused in turn up to config.requests. What the sessions do is as recorded:
/// the simulation decides when, never what, so it says nothing about accuracy. The same arguments
/// give the same result, bit for bit. config.token_scale describes the workload, it is not applied.
///
/// Throws usage_error if there are no sessions, if nothing is left for keys and values, or if one
/// session alone needs more pages than there are.
[[nodiscard]] ReplayResult replay(const Workload& workload, const GpuSpec& gpu,
                                  const ModelSpec& model, const SimulationConfig& config);

}  // namespace pagequest::simulator
