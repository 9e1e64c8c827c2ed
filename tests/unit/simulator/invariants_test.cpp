// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Properties that must hold for every load: random sessions, random pools.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/replay.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/workload/footprint.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

/// A session of a few turns with tools, auxiliary threads and evictions of anything filled.
Session random_session(Rng& rng, bool evicts) {
  std::vector<Operation> program;
  std::int32_t filled = 0;
  const auto fill = [&](std::int32_t tokens, bool decode) {
    if (decode) {
      program.emplace_back(Decode{tokens});
    } else {
      program.emplace_back(Prefill{tokens});
    }
    filled += tokens;
  };
  const auto evict = [&] {
    const std::int32_t first = rng.between(0, filled - 1);
    program.emplace_back(Evict{{first, rng.between(1, filled - first)}});
  };
  bool aux = false;
  const int turns = rng.between(1, 5);
  for (int turn = 0; turn < turns; ++turn) {
    if (turn > 0) program.emplace_back(CallTool{"open"});
    fill(rng.between(1, 200), false);
    if (aux) program.emplace_back(JoinAux{});
    if (aux && evicts && rng.chance(0.8)) evict();
    aux = rng.chance(0.5);
    if (aux) program.emplace_back(ForkAux{rng.between(0, 10), rng.between(0, 40)});
    program.emplace_back(BeginTurn{turn});
    fill(rng.between(1, 60), true);
    if (evicts && rng.chance(0.5)) evict();
    fill(rng.between(1, 30), true);
  }
  return session(std::move(program));
}

std::vector<Session> random_sessions(std::uint64_t seed, bool evicts) {
  Rng rng(seed, 21);
  std::vector<Session> out;
  for (int i = 0; i < 8; ++i) out.push_back(random_session(rng, evicts));
  return out;
}

SimulationConfig random_config(std::uint64_t seed, const std::vector<Session>& sessions) {
  Rng rng(seed, 22);
  SimulationConfig out = SimulationConfig::defaults();
  out.concurrency = rng.between(1, 12);
  out.requests = 40;
  out.arrival_rate = rng.chance(0.3) ? 20.0 : 0.0;
  out.load = out.arrival_rate > 0.0 ? Load::poisson : Load::closed;
  out.page_tokens = 1 << rng.between(0, 5);
  out.max_batch_tokens = rng.between(20, 300);
  out.max_batch_sequences = rng.between(1, 20);
  out.admission = rng.chance(0.5) ? AdmittedBy::input : AdmittedBy::chunk;
  out.idle_kv = rng.chance(0.5) ? IdleKv::keep : IdleKv::drop;
  out.preemption = rng.chance(0.5) ? PreemptionOrder::latest : PreemptionOrder::idle_first;
  out.tool_latency_median_s = rng.chance(0.2) ? 0.0 : 0.05;
  out.seed = seed;
  std::int32_t most = 0;
  for (const auto& one : sessions) {
    most = std::max(most, footprint(one, out.page_tokens).peak_pages);
  }
  out.kv_pages = most + rng.between(0, 3 * most);
  return out;
}

/// Without its evictions.
std::vector<Session> without_evictions(std::vector<Session> sessions) {
  for (auto& one : sessions) {
    std::erase_if(one.program,
                  [](const Operation& op) { return std::holds_alternative<Evict>(op); });
  }
  return sessions;
}

}  // namespace

TEST_CASE("Every random load is served whole, with all tokens and all pages accounted for") {
  std::int64_t preemptions = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const auto sessions = random_sessions(seed, true);
    const SimulationConfig settings = random_config(seed, sessions);
    const RooflineCost cost(h100(), qwen3_8b());
    ListedSessions source(sessions, settings.requests);
    Cluster server(source, {.cost = cost, .pages = settings.kv_pages}, settings);
    server.run();  // checks its invariants
    const RunMetrics& metrics = server.metrics();
    SessionTotals expected;
    std::int64_t aux = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      const SessionTotals one = totals(sessions[i % sessions.size()]);
      expected.prefill += one.prefill;
      expected.decode += one.decode;
      expected.tool_calls += one.tool_calls;
      aux += one.aux_prefill + one.aux_decode;
    }
    INFO("seed " << seed);
    REQUIRE(metrics.requests == 40);
    REQUIRE(metrics.decode_tokens == expected.decode);
    REQUIRE(metrics.tool_calls == expected.tool_calls);
    REQUIRE(metrics.aux_tokens <= aux);  // less if an episode ended before its auxiliary thread
    REQUIRE(metrics.prefill_tokens >= expected.prefill);
    REQUIRE(metrics.prefill_tokens + metrics.decode_tokens <=
            expected.prefill + expected.decode + aux);
    REQUIRE(metrics.peak_pages <= settings.kv_pages);
    REQUIRE(server.timeline().overall().output_tokens ==
            Approx(metrics.output_tokens + metrics.aux_output_tokens));
    preemptions += metrics.preemptions;
  }
  CHECK(preemptions > 100);  // so the loads do exercise the exhausted pool
}

TEST_CASE("The same seed gives the same run, and another seed another one") {
  const auto sessions = random_sessions(4, true);
  SimulationConfig settings = random_config(4, sessions);
  settings.tool_latency_median_s = 0.05;
  const auto fingerprint = [&] {
    const auto result = replay(workload(sessions), h100(), qwen3_8b(), settings);
    std::vector<double> out = result.metrics.tpot.first();
    for (const double ttft : result.metrics.turn_ttft.first()) out.push_back(ttft);
    for (const auto& row : result.timeline) out.push_back(row.mean.used_pages);
    return out;
  };
  const auto first = fingerprint();
  CHECK(first == fingerprint());
  settings.seed += 1;
  CHECK(first != fingerprint());
}

TEST_CASE("Evictions never raise the pages that a load holds") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto sessions = random_sessions(seed, true);
    SimulationConfig settings = random_config(seed, sessions);
    settings.concurrency = 1;  // the same schedule in both runs
    settings.arrival_rate = 0.0;
    settings.load = Load::closed;
    settings.idle_kv = IdleKv::keep;
    settings.kv_pages = 1'000'000;
    const auto evicting = replay(workload(sessions), h100(), qwen3_8b(), settings);
    const auto full = replay(workload(without_evictions(sessions)), h100(), qwen3_8b(), settings);
    INFO("seed " << seed);
    REQUIRE(evicting.metrics.peak_pages <= full.metrics.peak_pages);
    REQUIRE(evicting.metrics.peak_live_tokens <= full.metrics.peak_live_tokens);
    REQUIRE(evicting.metrics.run_time <= full.metrics.run_time);
  }
}

TEST_CASE("Twice the pages never lower the throughput of a load that lacks them") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<Session> sessions;
    Rng rng(seed, 23);
    for (int i = 0; i < 6; ++i) {
      sessions.push_back(session({Prefill{rng.between(500, 3000)}, Decode{rng.between(50, 300)}}));
    }
    SimulationConfig settings = config();
    settings.concurrency = 64;
    settings.requests = 200;
    settings.kv_pages = 900;
    const auto tight = replay(workload(sessions), h100(), qwen3_8b(), settings);
    settings.kv_pages *= 2;
    const auto ample = replay(workload(sessions), h100(), qwen3_8b(), settings);
    INFO("seed " << seed);
    REQUIRE(ample.metrics.run_time < tight.metrics.run_time);
  }
}

TEST_CASE("A GPU with more memory and bandwidth serves a memory-bound load faster") {
  SimulationConfig settings = config();
  settings.concurrency = 128;
  settings.requests = 256;
  const auto load = workload({session({Prefill{8000}, Decode{300}})});
  const auto h100_run = replay(load, h100(), qwen3_8b(), settings);
  const auto h200_run = replay(load, catalog_gpu("h200-sxm-141gb"), qwen3_8b(), settings);
  CHECK(h200_run.metrics.run_time < h100_run.metrics.run_time);
  CHECK(h200_run.metrics.max_batch_threads > h100_run.metrics.max_batch_threads);
}
