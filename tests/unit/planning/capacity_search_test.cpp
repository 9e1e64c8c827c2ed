// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Searches over response times that are known in closed form, so that the load asked for is too.
#include "simulator/planning/capacity_search.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

LoadResult with_e2e(double seconds) {
  return {.latencies = {.ttft = 0.0, .tpot = 0.0, .e2e = seconds}};
}

/// M/M/1: the time in system is exponential with rate mu - lambda (Kleinrock, "Queueing systems",
/// volume 1, 1975, section 3.2).
double mm1_percentile(double mu, double lambda, double percent) {
  return lambda < mu ? -std::log(1.0 - percent / 100.0) / (mu - lambda) : kInfinite;
}

/// M/D/1: mean time in system by Pollaczek and Khinchine for a service of `d` seconds.
double md1_mean(double d, double lambda) {
  return lambda * d < 1.0 ? d + lambda * d * d / (2.0 * (1.0 - lambda * d)) : kInfinite;
}

const LoadRange kRates{
    .smallest = 1e-3, .first = 1.0, .largest = 1e6, .integral = false, .precision = 1e-6};

TEST_CASE("The rate found for M/M/1 is the analytic one, for several percentiles and objectives") {
  for (const double mu : {0.05, 3.0, 700.0}) {
    for (const double percent : {50.0, 90.0, 99.0}) {
      const double limit = 8.0 / mu;
      Slo slo{.ttft = {}, .tpot = {}, .e2e = limit, .percentile = percent};
      const auto answer = search_capacity(
          slo, [&](double rate) { return with_e2e(mm1_percentile(mu, rate, percent)); }, kRates);
      const double analytic = mu + std::log(1.0 - percent / 100.0) / limit;
      CHECK(answer.best.load <= analytic);
      CHECK(answer.best.load == Approx(analytic).epsilon(2e-6));
      REQUIRE(answer.too_much);
      CHECK(answer.too_much->load > analytic);
    }
  }
}

TEST_CASE("The rate found for M/D/1 is the analytic one") {
  for (const double d : {0.002, 0.4, 25.0}) {
    const double limit = 3.0 * d;
    const Slo slo{.ttft = {}, .tpot = {}, .e2e = limit};
    const auto answer = search_capacity(
        slo, [&](double rate) { return with_e2e(md1_mean(d, rate)); }, kRates);
    const double wait = limit - d;
    CHECK(answer.best.load == Approx(2.0 * wait / (d * d + 2.0 * d * wait)).epsilon(2e-6));
  }
}

/// A closed loop of n on a server that takes one step of 1 + n / 10 ms for all: e2e in ms.
LoadResult closed_loop(double n) { return with_e2e((1.0 + n / 10.0) * 1e-3); }

TEST_CASE("Whole loads are found exactly, with about two probes a doubling") {
  for (const double most : {1.0, 2.0, 7.0, 64.0, 65.0, 1000.0}) {
    const Slo slo{.ttft = {}, .tpot = {}, .e2e = (1.0 + most / 10.0) * 1e-3 + 1e-9};
    const auto answer = search_capacity(slo, closed_loop, {});
    CHECK(answer.best.load == most);
    REQUIRE(answer.too_much);
    CHECK(answer.too_much->load == most + 1.0);
    CHECK(static_cast<double>(answer.probes.size()) <= 3.0 + 2.0 * std::log2(most + 1.0));
  }
}

TEST_CASE("A search that begins too high halves its way down") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 1.55e-3};
  CHECK(search_capacity(slo, closed_loop, {.first = 1000.0}).best.load == 5.0);
}

TEST_CASE("A load that is served up to the largest one asked about has no limit") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 1.0};
  const auto answer = search_capacity(slo, closed_loop, {.largest = 300.0});
  CHECK(answer.best.load == 300.0);
  CHECK(!answer.too_much);
}

TEST_CASE("Objectives never met are an error that says what the smallest load reached") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 1e-3};
  try {
    static_cast<void>(search_capacity(slo, closed_loop, {.first = 64.0}));
    FAIL("found a load");
  } catch (const Error& error) {
    const std::string message = error.what();
    CAPTURE(message);
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(message.find("e2e p99 = 0.0011 s above 0.001 s") != std::string::npos);
    CHECK(message.find("smallest load, 1") != std::string::npos);
  }
}

TEST_CASE("A load that overloads the server is too much, however fast the run was") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 1.0};
  const auto evaluate = [](double load) {
    LoadResult result = with_e2e(0.1);
    const double arrived = 1000.0;
    result.queue = {.arrived = arrived,
                    .waiting_early = 0.0,
                    .waiting_late = load > 40.0 ? arrived * (1.0 - 40.0 / load) : 0.0,
                    .served_late = 5.0};
    return result;
  };
  // Growth is tolerated up to 5 % of the arrivals: 40 / 0.95 = 42.1.
  CHECK(search_capacity(slo, evaluate, {}).best.load == 42.0);
}

}  // namespace
}  // namespace pagequest::simulator
