// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/params.h"

namespace pagequest::simulator {

/// What happens to the keys and values of an episode that waits for a tool.
enum class IdleKv : std::uint8_t {
  keep,   // they stay, and can be preempted
  drop,   // they go, and are recomputed with the next turn
  cache,  // full pages go to the prefix cache: they stay until their memory is wanted
};

/// How a replica forms its batches.
enum class BatchRule : std::uint8_t {
  vllm,       // every decoding thread, then chunks of prefill (vLLM V1, Sarathi-Serve)
  sglang,     // prefill first, decode waits meanwhile; admission by estimated output lengths
  pagequest,  // every thread by itself and at once; who starves takes the pages of who came last
};

/// Who of those that wait is admitted first.
enum class WaitOrder : std::uint8_t {
  fcfs,      // whose turn has been ready for the longest
  shortest,  // the fewest tokens to prefill
  priority,  // Session::priority, then fcfs
  session,   // sessions that were served before, then fcfs
};

/// Which replica gets a request.
enum class RouterRule : std::uint8_t {
  round_robin,
  least_loaded,  // fewest requests that compute or wait; the first of equals
  prefix,        // the longest cached prefix, unless the replica is overloaded; then least_loaded
};

/// What layers with a sliding window keep.
enum class SlidingKv : std::uint8_t {
  all,     // every token, as engines do whose pages span all layers
  window,  // the last window of each sequence, in a part of the memory set aside for it
};

/// Where arrivals come from.
enum class Load : std::uint8_t {
  automatic,  // poisson with a rate; recorded where the workload has arrivals; else closed
  closed,     // `concurrency` sessions in flight
  poisson,    // `arrival_rate` sessions a second
  recorded,   // as the workload has them
};

/// What must fit into the pool before an episode without pages is admitted.
enum class AdmittedBy : std::uint8_t {
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
  double time_scale = 1.0;       // of recorded arrivals: 0.5 doubles the load
  std::int32_t page_tokens = 0;
  std::int64_t kv_pages = 0;     // 0: what the memory holds
  double hbm_utilisation = 0.0;  // share of the memory that the server may use
  std::int32_t max_batch_tokens = 0;
  std::int32_t max_batch_sequences = 0;
  std::int32_t prefill_chunk = 0;  // tokens of one thread in an iteration at most; 0: any number
  double watermark = 0.0;  // share of the pool that must stay free when an episode is admitted
  AdmittedBy admission = AdmittedBy::input;
  IdleKv idle_kv = IdleKv::keep;
  PreemptionOrder preemption = PreemptionOrder::latest;
  double tool_latency_median_s = 0.0;
  double tool_latency_sigma = 0.0;  // of the log-normal distribution; 0: constant
  BatchRule scheduler = BatchRule::vllm;
  WaitOrder order = WaitOrder::fcfs;
  RouterRule router = RouterRule::round_robin;
  Load load = Load::automatic;
  std::int32_t replicas = 1;
  std::int32_t tensor_parallel = 1;    // GPUs that share each layer of a replica
  std::int32_t pipeline_parallel = 1;  // stages of a replica's layers
  std::string engine;                  // whose overheads, as engine_overheads_named() takes it
  SlidingKv sliding_kv = SlidingKv::all;
  std::int32_t prefill_replicas = 0;  // beside them, for prefill only; 0: no disaggregation
  double kv_link_bytes_per_s = 0.0;   // between prefill and decode replicas, shared by transfers
  double kv_link_latency_s = 0.0;
  std::string prefix_cache;          // eviction policy, as make_block_cache() takes it; "none"
  std::string tiers;                 // below the HBM, as parse_tiers() takes them; "": none
  std::string prefetch;              // into the HBM, as make_prefetch_policy() takes it
  bool write_through = false;        // to the first tier when computed; else when evicted
  std::int32_t max_queue = 0;        // sessions that wait at one replica; more are refused; 0: any
  double request_overhead_s = 0.0;   // HTTP, tokenisation: added to each turn before it waits
  std::int32_t warmup_requests = 0;  // whose latencies are not counted
  bool dead_slots = false;           // evicted tokens stay in their pages, masked
  bool step_by_step = false;         // no fast-forward: the same result, slowly
  std::uint64_t seed = 0;
  std::int32_t timeline_rows = 0;  // at most

  [[nodiscard]] static std::span<const ParamSpec> parameters();
  /// Throws usage_error on a value out of range or an unknown word.
  [[nodiscard]] static SimulationConfig from(const Params& params);
  /// All defaults.
  [[nodiscard]] static SimulationConfig defaults();
};

}  // namespace pagequest::simulator
