// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/agent/agent_config.h"
#include "engine/bench/run_clock.h"
#include "engine/bench/serving_meter.h"
#include "engine/model/model.h"
#include "engine/runtime/engine.h"

namespace pagequest::bench {

/// A closed loop of agent episodes in an engine, measured. Tools answer at once.
struct ServingRun {
  ServingSamples samples;
  double run_time_s = 0;    // without loading the model
  double agent_time_s = 0;  // of it: parsing, tools, what begins and ends episodes
  std::int64_t iterations = 0;
  std::int64_t sampled_tokens = 0;  // of main and auxiliary threads
  std::int64_t preemptions = 0;     // of threads, not of episodes
  std::int32_t peak_pages = 0;      // physical, of the pool
  std::int32_t total_pages = 0;
  bool interrupted = false;
  std::vector<IterationShape> shapes;  // (iteration)
};

/// Plays `agent`'s episodes, agent.concurrency at a time, on an engine that captures no attention.
/// What it plays is the same as in any run with the same configurations. Throws as agent::Runner
/// does, and usage_error for a clock that misses a part of the work.
[[nodiscard]] ServingRun serve_episodes(
    const model::Model& model, runtime::EngineConfig engine, const agent::AgentConfig& agent,
    RunClock clock, const std::function<bool(std::int32_t, std::int32_t)>& progress);

}  // namespace pagequest::bench
