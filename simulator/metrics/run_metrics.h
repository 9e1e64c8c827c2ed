// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/event_queue.h"
#include "simulator/metrics/samples.h"

namespace pagequest::simulator {

/// Counters and samples of one run. Times in seconds.
struct RunMetrics {
  std::int64_t requests = 0;  // served to their end
  std::int64_t turns = 0;
  std::int64_t iterations = 0;
  std::int64_t batch_threads = 0;  // summed over the iterations
  std::int64_t max_batch_threads = 0;
  std::int64_t output_tokens = 0;      // sampled for main threads
  std::int64_t aux_output_tokens = 0;  // sampled for auxiliary threads
  std::int64_t prefill_tokens = 0;     // of both threads, computed for the first time
  std::int64_t decode_tokens = 0;      // of main threads, as recorded: without the first of a turn
  std::int64_t aux_tokens = 0;         // prefilled or decoded by auxiliary threads
  std::int64_t recomputed_tokens = 0;
  std::int64_t preemptions = 0;
  std::int64_t tool_calls = 0;
  std::int64_t refused = 0;            // sessions that found the queue full
  std::int64_t agents = 0;             // sub-agents, served to their end
  std::int64_t prompt_blocks = 0;      // with identity, looked up in the prefix cache
  std::int64_t hit_blocks = 0;         // found there
  std::int64_t tier_hit_blocks = 0;    // found in a tier below
  std::int64_t prefetched_blocks = 0;  // brought up before they were asked for
  std::int64_t reused_tokens =
      0;  // not computed, thanks to the prefix cache; after a preemption too
  std::int64_t fetched_tokens = 0;  // the same, thanks to the tiers
  double transferred_bytes = 0.0;   // from prefill to decode replicas
  std::int64_t peak_pages = 0;
  std::int64_t peak_live_tokens = 0;
  Nanoseconds run_time = 0;
  Nanoseconds busy_time = 0;
  Nanoseconds join_wait = 0;  // main threads that waited for their auxiliary thread's command
  Samples episode_ttft;       // arrival to the first token
  Samples turn_ttft;          // tool response to the next token
  Samples tpot;               // per turn: first to last token over the tokens between
  Samples episode_latency;    // arrival to the last token
};

[[nodiscard]] inline double to_seconds(Nanoseconds time) {
  return static_cast<double>(time) * 1e-9;
}

}  // namespace pagequest::simulator
