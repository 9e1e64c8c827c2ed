// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Runs whose outcome follows from a formula.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/metrics/percentile.h"
#include "simulator/replay.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

double seconds_of(const RooflineCost& cost, const BatchShape& shape) {
  return to_seconds(cost.cost(shape).nanoseconds());
}

}  // namespace

TEST_CASE("One request alone waits for its prefill iterations and decodes at the decode cost") {
  SimulationConfig settings = config();
  settings.max_batch_tokens = 1000;
  const auto result = replay(workload({session({BeginTurn{0}, Prefill{2500}, Decode{40}})}), h100(),
                             qwen3_8b(), settings);

  const RooflineCost cost(h100(), qwen3_8b());
  double ttft = 0.0;
  for (const std::int64_t done : {0, 1000, 2000}) {
    BatchShape shape;
    const std::int64_t chunk = done == 2000 ? 500 : 1000;
    shape.add_prefill(chunk, done, 0, done == 2000);
    ttft += seconds_of(cost, shape);
  }
  double decode = 0.0;
  for (std::int64_t context = 2501; context <= 2540; ++context) {
    BatchShape shape;
    shape.add_decode(context, 0);
    decode += seconds_of(cost, shape);
  }
  const RunMetrics& metrics = result.metrics;
  REQUIRE(metrics.episode_ttft.size() == 1);
  CHECK(metrics.episode_ttft.first()[0] == Approx(ttft).epsilon(1e-9));
  REQUIRE(metrics.tpot.size() == 1);
  CHECK(metrics.tpot.first()[0] == Approx(decode / 40).epsilon(1e-6));
  CHECK(to_seconds(metrics.run_time) == Approx(ttft + decode).epsilon(1e-6));
  CHECK(metrics.iterations == 43);
  CHECK(metrics.output_tokens == 41);
}

TEST_CASE("A tool call suspends an episode for the tool's latency") {
  SimulationConfig settings = config();
  settings.tool_latency_median_s = 2.0;
  const auto with = [&](std::vector<Operation> program) {
    return replay(workload({session(std::move(program))}), h100(), qwen3_8b(), settings);
  };
  const auto plain = with({Prefill{100}, Decode{10}, Prefill{50}, Decode{5}});
  const auto tool = with({Prefill{100}, Decode{10}, CallTool{"search"}, Prefill{50}, Decode{5}});
  CHECK(std::abs(tool.metrics.run_time - plain.metrics.run_time - 2'000'000'000) <= 1);
  CHECK(tool.metrics.turns == 2);
  CHECK(tool.metrics.turn_ttft.size() == 1);
  CHECK(std::abs(tool.metrics.busy_time - plain.metrics.busy_time) <= 1);
  CHECK(tool.overall.mean.tool_wait ==
        Approx(2.0 / to_seconds(tool.metrics.run_time)).epsilon(1e-9));
}

TEST_CASE("A run that would take more than 30 years is refused") {
  SimulationConfig settings = config();
  settings.tool_latency_median_s = 86'400.0;
  settings.tool_latency_sigma = 5.0;
  std::vector<Operation> program = {Prefill{1}};
  for (int call = 0; call < 3000; ++call) program.emplace_back(CallTool{"open"});
  program.emplace_back(Decode{1});
  CHECK_THROWS_AS(replay(workload({session(program)}), h100(), qwen3_8b(), settings), Error);
}

// M/D/1 (Pollaczek-Khinchine with no variance): mean wait = rho D / (2 (1 - rho)). One request a
// batch, each a single prefill, makes the server one with a constant service time.
TEST_CASE("Poisson arrivals at a constant service time wait as in an M/D/1 queue") {
  const RooflineCost cost(h100(), qwen3_8b());
  BatchShape shape;
  shape.add_prefill(512, 0, 0, true);
  const double service = seconds_of(cost, shape);
  for (const double load : {0.3, 0.7}) {
    SimulationConfig settings = config();
    settings.requests = 60'000;
    settings.arrival_rate = load / service;
    settings.max_batch_sequences = 1;
    const auto result = replay(workload({session({Prefill{512}})}), h100(), qwen3_8b(), settings);
    const double expected = service + load * service / (2.0 * (1.0 - load));
    CHECK(result.metrics.episode_ttft.mean() == Approx(expected).epsilon(0.03));
    CHECK(to_seconds(result.metrics.busy_time) / to_seconds(result.metrics.run_time) ==
          Approx(load).epsilon(0.02));
  }
}

TEST_CASE("The pool's pages bound the batch") {
  SimulationConfig settings = config();
  settings.concurrency = 20;
  settings.requests = 60;
  settings.kv_pages = 5 * 10 + 3;  // an episode peaks at 10 pages of 16 tokens
  const auto result =
      replay(workload({session({Prefill{159}, Decode{1}})}), h100(), qwen3_8b(), settings);
  CHECK(result.metrics.max_batch_threads == 5);
  CHECK(result.metrics.peak_pages == 50);
  CHECK(result.metrics.preemptions == 0);
}

TEST_CASE("A closed loop obeys Little's law") {
  SimulationConfig settings = config();
  settings.concurrency = 16;
  settings.requests = 800;
  const auto result = replay(
      workload({session({Prefill{300}, Decode{20}, CallTool{"open"}, Prefill{200}, Decode{30}})}),
      h100(), qwen3_8b(), settings);
  const ServerState& overall = result.overall.mean;
  const double in_system = overall.running + overall.waiting + overall.tool_wait;
  const double rate = 800.0 / to_seconds(result.metrics.run_time);
  CHECK(in_system == Approx(rate * result.metrics.episode_latency.mean()).epsilon(1e-6));
}
