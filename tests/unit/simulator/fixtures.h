// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/machine/catalog.h"
#include "simulator/replay.h"
#include "simulator/simulation_config.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator::testing {

inline GpuSpec h100() { return catalog_gpu("h100-sxm-80gb"); }
inline ModelSpec qwen3_8b() { return catalog_model("qwen3-8b"); }

inline Session session(std::vector<Operation> program) {
  return {.episode = EpisodeId{0}, .program = std::move(program), .turns = {}};
}

inline Workload workload(std::vector<Session> sessions) {
  return {.sessions = std::move(sessions), .label = "test", .token_scale = 1};
}

/// Defaults with no tool latency spread, for closed formulas.
inline SimulationConfig config() {
  SimulationConfig out = SimulationConfig::defaults();
  out.concurrency = 1;
  out.requests = 1;
  out.tool_latency_sigma = 0.0;
  out.watermark = 0.0;
  return out;
}

}  // namespace pagequest::simulator::testing
