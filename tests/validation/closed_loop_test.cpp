// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Closed loops: N sessions that compute, wait for a tool (think), and compute again.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

constexpr Nanoseconds kPerToken = 1000;
constexpr double kService = 1e-3;  // seconds, mean
constexpr double kThink = 9e-3;    // the same

/// Prompts of their own, so that nothing is kept or recomputed between turns.
Session thinking_session(Rng& rng, int turns, bool random) {
  std::vector<Operation> program;
  const auto draw = [&](double mean) {
    return random ? std::max(1.0, std::round(-mean * std::log1p(-rng.uniform()))) : mean;
  };
  for (int turn = 0; turn < turns; ++turn) {
    program.emplace_back(BeginTurn{turn});
    program.emplace_back(Prompt{static_cast<std::int32_t>(draw(1000.0)), 0, 0});
    program.emplace_back(CallTool{"think", static_cast<Nanoseconds>(draw(1e9 * kThink))});
  }
  return session(std::move(program));
}

Run closed_loop(int sessions, int turns, int requests, bool random) {
  SimulationConfig settings = one_at_a_time();
  settings.load = Load::closed;
  settings.concurrency = sessions;
  const AffineCost cost(0, kPerToken);
  MadeSessions source(requests, [&](std::int64_t index) {
    Rng rng(41, static_cast<std::uint64_t>(index));
    return thinking_session(rng, turns, random);
  });
  return serve(source, cost, settings);
}

double throughput(const Run& run) {
  return static_cast<double>(run.metrics.turns) / to_seconds(run.metrics.run_time);
}

/// Denning and Buzen, Computing Surveys 10(3), 1978: at most min(N / (R + Z), 1 / D).
double upper_bound(int sessions) {
  return std::min(sessions / (kService + kThink), 1.0 / kService);
}

}  // namespace

TEST_CASE("With constant times a closed loop reaches its asymptotic bounds") {
  constexpr int kTurns = 4000;
  for (const int sessions : {1, 2, 5, 9, 10, 11, 20, 50}) {
    const double rate = throughput(closed_loop(sessions, kTurns, sessions, false));
    INFO(sessions << " sessions");
    CHECK(rate <= upper_bound(sessions) * (1.0 + 1e-9));
    // Only the first turn's queue and the last wait are lost.
    CHECK(rate >= upper_bound(sessions) * (1.0 - (0.1 * sessions + 1.0) / kTurns));
  }
}

// The machine repairman, M/M/1//N (Kleinrock I, 3.8): the server rests with probability
// p0 = 1 / sum over k of N! / (N - k)! (S / Z)^k, so the throughput is (1 - p0) / S.
TEST_CASE("Random times give the throughput and response time of the machine repairman") {
  constexpr int kTurns = 50;
  constexpr int kRequests = 6000;
  const int sessions = GENERATE(1, 4, 10, 20);
  const Run run = closed_loop(sessions, kTurns, kRequests, true);
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; k <= sessions; ++k) {
    term *= (sessions - k + 1) * kService / kThink;
    sum += term;
  }
  const double expected = (1.0 - 1.0 / sum) / kService;
  INFO(sessions << " sessions");
  CHECK(throughput(run) == Approx(expected).epsilon(0.01));
  CHECK(throughput(run) <= upper_bound(sessions) * 1.01);
  CHECK(throughput(run) >= sessions / (sessions * kService + kThink) * 0.99);
  // The response time law: R = N / X - Z. First turns and later ones are counted apart.
  const auto& first = run.metrics.episode_ttft;
  const auto& later = run.metrics.turn_ttft;
  const double response = (first.mean() * static_cast<double>(first.size()) +
                           later.mean() * static_cast<double>(later.size())) /
                          static_cast<double>(first.size() + later.size());
  CHECK(response == Approx(sessions / expected - kThink).epsilon(0.02));
}

// Batching shares the fixed part of an iteration, so the least demand of a session is what its
// tokens alone take; nobody is served faster than alone.
TEST_CASE("A batching server stays below its asymptotic bounds, and gains with every session") {
  const AffineCost cost(5'000'000, 20'000);
  const auto rate_of = [&](int sessions) {
    SimulationConfig settings = one_at_a_time();
    settings.load = Load::closed;
    settings.concurrency = sessions;
    settings.max_batch_sequences = 256;
    settings.max_batch_tokens = 512;
    settings.tool_latency_median_s = 0.2;
    settings.tool_latency_sigma = 0.0;
    MadeSessions source(20 * sessions, [](std::int64_t) {
      return session({Prefill{300}, Decode{50}, CallTool{"t"}, Prefill{100}, Decode{20}});
    });
    const Run run = serve(source, cost, settings);
    return static_cast<double>(run.metrics.requests) / to_seconds(run.metrics.run_time);
  };
  constexpr double kTokens = 470 * 20e-6;
  constexpr double kAlone = 72 * 5e-3 + kTokens + 0.2;  // 70 decode steps and two prompts
  CHECK(rate_of(1) == Approx(1.0 / kAlone).epsilon(1e-6));
  double before = 0.0;
  for (int sessions = 1; sessions <= 256; sessions *= 2) {
    const double rate = rate_of(sessions);
    INFO(sessions << " sessions");
    CHECK(rate <= std::min(sessions / kAlone, 1.0 / kTokens) * (1.0 + 1e-9));
    CHECK(rate > before);
    before = rate;
  }
  CHECK(before > 0.6 / kTokens);  // near the second bound at last
}
