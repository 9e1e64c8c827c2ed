// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/serving_run.h"

#include "engine/agent/runner.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::bench {

ServingRun serve_episodes(const model::Model& model, runtime::EngineConfig engine,
                          const agent::AgentConfig& agent, RunClock clock,
                          const std::function<bool(std::int32_t, std::int32_t)>& progress) {
  engine.capture = false;
  engine.keep_logits = false;
  engine = runtime::resolve(engine, model);
  check_clock(clock, engine);
  ServingMeter meter(clock);
  agent::Runner runner(model, engine, agent, meter);
  ServingRun out;
  const double begin = now_s(clock);
  const agent::RunTotals totals = runner.run(progress, [&](const runtime::Engine& running) {
    meter.end_iteration();
    const runtime::PoolUsage usage = running.pool_usage();
    out.preemptions = usage.preemptions;
    out.total_pages = usage.total_pages;
    return true;
  });
  out.run_time_s = now_s(clock) - begin;
  out.samples = meter.samples();
  out.shapes = meter.iterations();
  for (const IterationShape& shape : out.shapes) out.agent_time_s += shape.agent_seconds;
  out.iterations = totals.iterations;
  out.sampled_tokens = totals.sampled_tokens;
  out.peak_pages = totals.peak_used_pages;
  out.interrupted = totals.interrupted;
  return out;
}

}  // namespace pagequest::bench
