// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Laws that hold for every load and every order of service.
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

std::vector<Session> random_sessions(Rng& rng, int count) {
  std::vector<Session> out;
  Nanoseconds arrival = 0;
  for (int i = 0; i < count; ++i) {
    std::vector<Operation> program;
    for (int turn = rng.between(0, 3); turn >= 0; --turn) {
      program.emplace_back(BeginTurn{0});
      program.emplace_back(Prefill{rng.between(1, 900)});
      program.emplace_back(Decode{rng.between(1, 120)});
      if (turn > 0) program.emplace_back(CallTool{"t", rng.between(0, 400) * 1'000'000});
    }
    out.push_back(session(std::move(program)));
    arrival += rng.between(0, 20) * 1'000'000;
    out.back().arrival = arrival;
    out.back().priority = rng.between(0, 2);
  }
  return out;
}

SimulationConfig random_rules(Rng& rng) {
  SimulationConfig out = one_at_a_time();
  out.load = Load::recorded;
  out.scheduler = rng.chance(0.5) ? BatchRule::vllm : BatchRule::sglang;
  const WaitOrder orders[] = {WaitOrder::fcfs, WaitOrder::shortest, WaitOrder::priority,
                              WaitOrder::session};
  out.order = orders[rng.below(4)];
  out.router = rng.chance(0.5) ? RouterRule::round_robin : RouterRule::least_loaded;
  out.max_batch_sequences = rng.between(1, 64);
  out.max_batch_tokens = rng.between(64, 4096);
  out.replicas = rng.between(1, 4);
  return out;
}

}  // namespace

// With a cost a token and no lost pages, work neither comes nor goes, however it is ordered,
// batched, split or spread.
TEST_CASE("Busy time is the sum of what the sessions ask for, under every rule") {
  const AffineCost cost(0, 5000);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, 51);
    const auto sessions = random_sessions(rng, 60);
    const SimulationConfig settings = random_rules(rng);
    Nanoseconds work = 0;
    for (const Session& one : sessions) work += 5000 * (totals(one).prefill + totals(one).decode);
    ListedSessions source(sessions, 60);
    const Run run = serve(source, cost, settings);
    INFO("seed " << seed);
    REQUIRE(run.metrics.preemptions == 0);
    REQUIRE(run.metrics.busy_time == work);
  }
}

TEST_CASE("A replica does not rest while anyone waits: all at once take the sum of their work") {
  const AffineCost cost(0, 5000);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, 52);
    SimulationConfig settings = random_rules(rng);
    settings.replicas = 1;
    Nanoseconds work = 0;
    MadeSessions source(60, [&](std::int64_t) {
      Session one = session({Prefill{rng.between(1, 900)}, Decode{rng.between(1, 120)}});
      one.arrival = 0;
      work += 5000 * (totals(one).prefill + totals(one).decode);
      return one;
    });
    const Run run = serve(source, cost, settings);
    INFO("seed " << seed);
    REQUIRE(run.metrics.run_time == work);
    REQUIRE(run.mean.batch_threads > 0.0);
  }
}

// Little, Operations Research 9(3), 1961: N = rate x time, over any period that starts and ends
// with nobody there; so the integral of N is the sum of the sessions' times.
TEST_CASE("Open loads on several replicas obey Little's law") {
  const AffineCost cost(2'000'000, 5000);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, 53);
    const auto sessions = random_sessions(rng, 60);
    SimulationConfig settings = random_rules(rng);
    settings.idle_kv = rng.chance(0.5) ? IdleKv::keep : IdleKv::drop;
    ListedSessions source(sessions, 60);
    // A pool of a few sessions: preemptions and waits for pages are part of it.
    const Run run = serve(source, {.cost = cost, .pages = 600}, settings);
    const double in_system = run.mean.running + run.mean.waiting + run.mean.tool_wait;
    INFO("seed " << seed);
    REQUIRE(run.metrics.episode_latency.size() == 60);
    REQUIRE(in_system * to_seconds(run.metrics.run_time) ==
            Approx(60 * run.metrics.episode_latency.mean()).epsilon(1e-9));
  }
}
