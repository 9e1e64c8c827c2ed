// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/saturation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

namespace pagequest::simulator {
namespace {

double exponential(Rng& rng, double mean) { return -mean * std::log(1.0 - rng.uniform()); }

struct Visit {
  double arrived;
  double started;
  double left;
};

/// A queue in front of one server with exponential times, by Lindley's recursion.
std::vector<Visit> play_mm1(double lambda, double mu, int requests, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Visit> visits;
  double now = 0.0;
  double free = 0.0;
  for (int i = 0; i < requests; ++i) {
    now += exponential(rng, 1.0 / lambda);
    const double start = std::max(now, free);
    free = start + exponential(rng, 1.0 / mu);
    visits.push_back({now, start, free});
  }
  return visits;
}

double overlap(double begin, double end, double from, double to) {
  return std::max(0.0, std::min(end, to) - std::max(begin, from));
}

QueueEvidence evidence_of(const std::vector<Visit>& visits) {
  const double quarter = visits.back().arrived / 4.0;
  QueueEvidence evidence;
  for (const auto& [arrived, started, left] : visits) {
    evidence.waiting_early += overlap(arrived, started, quarter, 2.0 * quarter) / quarter;
    evidence.waiting_late += overlap(arrived, started, 3.0 * quarter, 4.0 * quarter) / quarter;
    evidence.served_late += overlap(started, left, 3.0 * quarter, 4.0 * quarter) / quarter;
    evidence.arrived += arrived > 1.5 * quarter && arrived <= 3.5 * quarter ? 1.0 : 0.0;
  }
  return evidence;
}

Saturation verdict(double utilisation, std::uint64_t seed) {
  return saturation_of(evidence_of(play_mm1(utilisation, 1.0, 20'000, seed)));
}

TEST_CASE("M/M/1 is stable, backlogged or overloaded by its utilisation") {
  // Waiting on average: rho^2 / (1 - rho) = 0.27, 3.2 and 8.1; served: rho.
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CHECK(verdict(0.4, seed) == Saturation::stable);
    CHECK(verdict(0.8, seed) == Saturation::backlogged);
    CHECK(verdict(0.9, seed) == Saturation::backlogged);
    CHECK(verdict(1.2, seed) == Saturation::overloaded);
    CHECK(verdict(3.0, seed) == Saturation::overloaded);
  }
}

TEST_CASE("A closed loop can be backlogged, never overloaded") {
  CHECK(saturation_of(
            {.arrived = 0.0, .waiting_early = 1.0, .waiting_late = 90.0, .served_late = 30.0}) ==
        Saturation::backlogged);
  CHECK(saturation_of(
            {.arrived = 0.0, .waiting_early = 0.0, .waiting_late = 2.0, .served_late = 30.0}) ==
        Saturation::stable);
}

TEST_CASE("A queue of a few requests is no overload, whatever share of few arrivals it is") {
  CHECK(saturation_of(
            {.arrived = 5.0, .waiting_early = 0.0, .waiting_late = 0.9, .served_late = 4.0}) ==
        Saturation::stable);
}

}  // namespace
}  // namespace pagequest::simulator
