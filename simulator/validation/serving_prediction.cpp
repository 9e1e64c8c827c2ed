// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/serving_prediction.h"

#include <algorithm>
#include <vector>

#include "simulator/cost/engine_overheads.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/memory/capacity.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {
namespace {

std::int32_t counted_requests(const MeasuredRow& row) {
  constexpr std::int64_t kLong = 2000;
  const auto concurrency = static_cast<std::int32_t>(row.load.concurrency);
  return row.nominal_output >= kLong ? 2 * concurrency : std::max(4 * concurrency, 32);
}

SimulationConfig config_of(const MeasuredRow& row) {
  const EngineOverheads& engine = engine_overheads_named(row.engine);
  SimulationConfig config = SimulationConfig::defaults();
  config.load = Load::closed;
  config.concurrency = static_cast<std::int32_t>(row.load.concurrency);
  config.warmup_requests = config.concurrency;
  config.requests = config.concurrency + counted_requests(row);
  config.tensor_parallel = row.parallelism.tensor;
  config.pipeline_parallel = row.parallelism.pipeline;
  config.hbm_utilisation = engine.memory_share;
  config.scheduler = engine.prefill_first ? BatchRule::sglang : BatchRule::vllm;
  config.prefix_cache = "none";
  config.token_scale = 1;
  return config;
}

/// Shares of the output of the first requests: equal ones, or 1/n, 2/n ... 1.
std::vector<Session> sessions_of(const MeasuredRow& row, std::int32_t requests, bool together) {
  std::vector<Session> out;
  const std::int64_t n = row.load.concurrency;
  for (std::int64_t i = 0; i < requests; ++i) {
    const bool whole = together || i >= n;
    const std::int64_t output = whole ? row.load.output : row.load.output * (i + 1) / n;
    const auto decoded = static_cast<std::int32_t>(std::max<std::int64_t>(1, output - 1));
    out.push_back({.episode = EpisodeId{0},
                   .program = {BeginTurn{0}, Prefill{static_cast<std::int32_t>(row.load.input)},
                               Decode{decoded}},
                   .turns = {}});
  }
  return out;
}

RunMetrics run(const MeasuredRow& row, const SimulationConfig& config, const KvCapacity& capacity,
               const StepCost& cost, bool together) {
  const std::vector<Session> sessions = sessions_of(row, config.requests, together);
  ListedSessions source(sessions, config.requests);
  Cluster cluster(
      source, {.cost = cost, .pages = capacity.pages, .page_bytes = capacity.page_bytes}, config);
  cluster.run();
  return cluster.metrics();
}

}  // namespace

SimulatedLoop simulate_loop(const GpuSpec& gpu, const MeasuredRow& row,
                            const CostCoefficients& coefficients) {
  const SimulationConfig config = config_of(row);
  const KvCapacity capacity = kv_capacity(gpu, row.model, config);
  const RooflineCost cost(gpu, row.model, row.parallelism, coefficients);
  const RunMetrics together = run(row, config, capacity, cost, true);
  const RunMetrics spread = run(row, config, capacity, cost, false);
  SimulatedLoop out;
  out.together_ttft_ms = 1e3 * together.episode_ttft.mean();
  out.spread_ttft_ms = 1e3 * spread.episode_ttft.mean();
  out.tpot_ms = 1e3 * (row.load.prefill_first ? together : spread).tpot.mean();
  out.pool_tokens = capacity.pages * config.page_tokens;
  out.kv_limited = row.load.concurrency * (row.load.input + row.load.output) > out.pool_tokens;
  out.limited = out.kv_limited || row.load.concurrency > config.max_batch_sequences;
  return out;
}

ServingPrediction predict_serving(const MeasuredRow& row, const SimulatedLoop& loop,
                                  const FirstTokenCoefficients& c) {
  ServingPrediction out{.tpot_ms = loop.tpot_ms, .loop = loop};
  if (loop.limited) {
    const bool in_step = row.load.prefill_first;
    out.ttft_ms = c.request_overhead_ms + (in_step ? loop.together_ttft_ms : loop.spread_ttft_ms);
  } else {
    out.ttft_ms = c.request_overhead_ms +
                  c.start_up_ms / static_cast<double>(row.load.concurrency) +
                  c.together * loop.together_ttft_ms + c.spread * loop.spread_ttft_ms;
  }
  return out;
}

}  // namespace pagequest::simulator
