// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/params.h"

namespace pagequest::simulator {

/// What happens to the keys and values of an episode that waits for a tool.
enum class IdleKv : std::uint8_t {
  keep,  // they stay, and can be preempted
  drop,  // they go, and are recomputed with the next turn
};

/// What must fit into the pool before an episode without pages is admitted.
enum class Admission : std::uint8_t {
  input,  // all that it has to prefill or recompute first, beside what was promised to others
  chunk,  // its next chunk, as in vLLM V1: admits earlier, and thrashes when contexts are long
};

/// Whose keys and values go when the pool is exhausted.
enum class PreemptionOrder : std::uint8_t {
  latest,      // the episode that arrived last, as vLLM does
  idle_first,  // the latest of those that wait for a tool, then as above
};

/// Settings of one simulated run; parameters() is their definition, with help and defaults.
struct SimulationConfig {
  std::int32_t concurrency = 0;  // episodes in flight; closed loop
  std::int32_t requests = 0;     // episodes to serve
  double arrival_rate = 0.0;     // episodes a second, Poisson; 0: closed loop
  std::int32_t token_scale = 0;  // served tokens per recorded token
  std::int32_t page_tokens = 0;
  std::int64_t kv_pages = 0;     // 0: what the memory holds
  double hbm_utilisation = 0.0;  // share of the memory that the server may use
  std::int32_t max_batch_tokens = 0;
  std::int32_t max_batch_sequences = 0;
  double watermark = 0.0;  // share of the pool that must stay free when an episode is admitted
  Admission admission = Admission::input;
  IdleKv idle_kv = IdleKv::keep;
  PreemptionOrder preemption = PreemptionOrder::latest;
  double tool_latency_median_s = 0.0;
  double tool_latency_sigma = 0.0;  // of the log-normal distribution; 0: constant
  std::uint64_t seed = 0;
  std::int32_t timeline_rows = 0;  // at most

  [[nodiscard]] static std::span<const ParamSpec> parameters();
  /// Throws usage_error on a value out of range or an unknown word.
  [[nodiscard]] static SimulationConfig from(const Params& params);
  /// All defaults.
  [[nodiscard]] static SimulationConfig defaults();
};

}  // namespace pagequest::simulator
