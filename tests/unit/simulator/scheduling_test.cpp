// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/replay.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

namespace {

RunMetrics run(const std::vector<Session>& sessions, const SimulationConfig& settings) {
  return replay(workload(sessions), h100(), qwen3_8b(), settings).metrics;
}

}  // namespace

TEST_CASE("An exhausted pool preempts the latest arrival, which recomputes") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 2;
  settings.kv_pages = 12;  // both prompts fit (2 x 4 pages), both at full length (2 x 10) don't
  const Session episode = session({Prefill{64}, Decode{96}});
  const RunMetrics metrics = run({episode}, settings);
  CHECK(metrics.preemptions == 1);
  // At 2 x 6 pages both are 96 tokens long; the one more token of the first takes the second's.
  CHECK(metrics.recomputed_tokens == 96);
  CHECK(metrics.decode_tokens == 2 * 96);
  CHECK(metrics.requests == 2);
  CHECK(metrics.episode_latency.first()[0] < metrics.episode_latency.first()[1]);
}

TEST_CASE("A watermark keeps newcomers out, not those that are in") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 2;
  settings.kv_pages = 12;
  settings.watermark = 0.5;
  const RunMetrics metrics = run({session({Prefill{64}, Decode{96}})}, settings);
  CHECK(metrics.preemptions == 0);
  CHECK(metrics.max_batch_threads == 1);
}

TEST_CASE("Admission by chunk thrashes where admission by input does not") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 40;
  settings.max_batch_tokens = 512;
  settings.watermark = 0.01;
  settings.kv_pages = 4 * 282;  // four prompts of 4,500 tokens, none of them at full length
  const std::vector<Session> sessions = {session({Prefill{4500}, Decode{300}})};
  const RunMetrics input = run(sessions, settings);
  settings.admission = AdmittedBy::chunk;
  const RunMetrics chunk = run(sessions, settings);
  CHECK(chunk.preemptions > 2 * input.preemptions);
  CHECK(chunk.run_time > input.run_time);
  CHECK(chunk.decode_tokens == input.decode_tokens);
}

TEST_CASE("Keys and values of a waiting episode are kept, or dropped and recomputed") {
  SimulationConfig settings = config();
  const std::vector<Session> sessions = {
      session({Prefill{100}, Decode{20}, CallTool{"open"}, Prefill{30}, Decode{5}})};
  CHECK(run(sessions, settings).recomputed_tokens == 0);
  settings.idle_kv = IdleKv::drop;
  const RunMetrics dropped = run(sessions, settings);
  CHECK(dropped.recomputed_tokens == 120);
  CHECK(dropped.preemptions == 0);
}

TEST_CASE("Evicted tokens are not recomputed") {
  SimulationConfig settings = config();
  settings.idle_kv = IdleKv::drop;
  const RunMetrics metrics = run({session({Prefill{100}, Decode{20}, Evict{{0, 50}},
                                           CallTool{"open"}, Prefill{30}, Decode{5}})},
                                 settings);
  CHECK(metrics.recomputed_tokens == 70);
}

TEST_CASE("idle_first takes the pages of an episode that waits for a tool") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 2;
  settings.kv_pages = 12;
  settings.tool_latency_median_s = 1000.0;
  // The first one waits with 4 pages while the second one grows to 10.
  const std::vector<Session> sessions = {
      session({Prefill{60}, Decode{4}, CallTool{"open"}, Decode{1}}),
      session({Prefill{64}, Decode{96}})};
  const RunMetrics latest = run(sessions, settings);
  CHECK(latest.preemptions >= 1);
  CHECK(latest.recomputed_tokens >= 128);  // the growing one, behind which the pool stays taken
  settings.preemption = PreemptionOrder::idle_first;
  const RunMetrics idle = run(sessions, settings);
  CHECK(idle.preemptions == 1);
  CHECK(idle.recomputed_tokens == 64);
}

TEST_CASE("Decode goes on beside the prefill of others") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 2;
  settings.max_batch_tokens = 64;
  const RunMetrics metrics =
      run({session({Prefill{32}, Decode{200}}), session({Prefill{4000}, Decode{1}})}, settings);
  // A first batch of both prompts, then 63 prompt tokens beside each decode: 4000 - 32 of them
  // take 63 batches, of which the first 200 decode as well.
  CHECK(metrics.iterations == 1 + 200);
  CHECK(metrics.max_batch_threads == 2);
}

TEST_CASE("An auxiliary thread decodes in the batches of its episode and shares its pages") {
  SimulationConfig settings = config();
  const std::vector<Session> alone = {session({Prefill{160}, Decode{50}})};
  const std::vector<Session> with_aux = {
      session({Prefill{160}, ForkAux{8, 24}, Decode{50}, JoinAux{}, Evict{{0, 160}}, Decode{1}})};
  const RunMetrics base = run(alone, settings);
  const RunMetrics metrics = run(with_aux, settings);
  CHECK(metrics.iterations == base.iterations + 1);
  CHECK(metrics.max_batch_threads == 2);
  CHECK(metrics.aux_tokens == 32);
  CHECK(metrics.aux_output_tokens == 25);
  CHECK(metrics.join_wait == 0);
  // At its end the auxiliary thread holds 2 pages beside the main one's 10 + 2.
  CHECK(metrics.peak_pages == 14);
}

TEST_CASE("The main thread waits for a command that it needs") {
  SimulationConfig settings = config();
  const RunMetrics metrics =
      run({session({Prefill{160}, ForkAux{8, 100}, Decode{10}, JoinAux{}, Decode{1}})}, settings);
  CHECK(metrics.join_wait > 0);
  CHECK(metrics.iterations == 1 + 1 + 100 + 1);
}

TEST_CASE("A preempted episode recomputes its auxiliary thread's tokens too") {
  SimulationConfig settings = config();
  settings.concurrency = settings.requests = 2;
  settings.kv_pages = 22;  // both need 14 at most, and 12 each when their auxiliary threads end
  const RunMetrics metrics =
      run({session({Prefill{64}, ForkAux{4, 60}, Decode{96}, JoinAux{}})}, settings);
  CHECK(metrics.preemptions >= 1);
  CHECK(metrics.aux_tokens == 2 * 64);
  CHECK(metrics.decode_tokens == 2 * 96);
  CHECK(metrics.recomputed_tokens > 64);
}

TEST_CASE("An episode's end ends its auxiliary thread") {
  SimulationConfig settings = config();
  const RunMetrics metrics = run({session({Prefill{16}, ForkAux{4, 500}, Decode{10}})}, settings);
  CHECK(metrics.iterations == 11);
  CHECK(metrics.aux_tokens < 504);
}

TEST_CASE("An episode that can never fit is refused") {
  SimulationConfig settings = config();
  settings.kv_pages = 9;
  CHECK_THROWS_WITH(run({session({Prefill{159}, Decode{1}})}, settings),
                    Contains("10 pages needed"));
  CHECK_THROWS_WITH(run({}, settings), Contains("nothing to simulate"));
}

TEST_CASE("Recorded arrivals come at their times, faster or slower") {
  std::vector<Session> sessions = {session({Prefill{64}}), session({Prefill{64}})};
  sessions[0].arrival = 0;
  sessions[1].arrival = 8'000'000'000;
  SimulationConfig settings = config();
  settings.requests = 2;
  const Nanoseconds recorded = run(sessions, settings).run_time;
  settings.time_scale = 0.25;
  CHECK(recorded - run(sessions, settings).run_time == 6'000'000'000);
  settings.time_scale = 1e9;
  CHECK_THROWS_WITH(run(sessions, settings), Contains("more than 30 years"));
}
