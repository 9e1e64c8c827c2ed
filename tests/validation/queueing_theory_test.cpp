// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Open queues whose mean waiting times have a closed form. The server is a replica with a constant
// cost a token, so that only arrivals, queueing and batching are looked at. Formulas: Kleinrock,
// Queueing Systems I (1975) and II (1976).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/workload/tool_latency.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

constexpr Nanoseconds kPerToken = 1000;      // of a prompt
constexpr double kMeanService = 1e-3;        // seconds: 1,000 tokens
constexpr std::int64_t kRequests = 150'000;  // of a run
constexpr int kRuns = 3;

struct Service {
  const char* name;
  double second_moment;  // of the service time over its mean
  std::function<int(Rng&)> tokens;
};

int exponential(Rng& rng, double mean) {
  return std::max(1, static_cast<int>(std::lround(-mean * std::log1p(-rng.uniform()))));
}

const Service kConstant{"D", 1.0, [](Rng&) { return 1000; }};
const Service kExponential{"M", 2.0, [](Rng& rng) { return exponential(rng, 1000.0); }};
// 0.9 x 0.2^2 + 0.1 x 8.2^2
const Service kTwoPoint{"G", 6.76, [](Rng& rng) { return rng.chance(0.9) ? 200 : 8200; }};

int tokens_of(const Service& service, std::uint64_t seed, std::int64_t index) {
  Rng rng(seed, static_cast<std::uint64_t>(index));
  return service.tokens(rng);
}

Run serve_prompts(const Service& service, const SimulationConfig& settings) {
  const AffineCost cost(0, kPerToken);
  MadeSessions source(kRequests, [&](std::int64_t index) {
    return session({Prefill{tokens_of(service, settings.seed, index)}});
  });
  return serve(source, cost, settings);
}

/// Mean over runs with different seeds of what `measure` says of each.
double mean_over_runs(SimulationConfig settings,
                      const std::function<double(const SimulationConfig&)>& measure) {
  double sum = 0.0;
  for (int run = 1; run <= kRuns; ++run) {
    settings.seed = static_cast<std::uint64_t>(run);
    sum += measure(settings);
  }
  return sum / kRuns;
}

/// Lindley (1952): what is left of the work before a request when it comes.
struct Lindley {
  double total_wait = 0.0;  // ns
  Nanoseconds total_service = 0;
  Nanoseconds last_departure = 0;
};

Lindley lindley(const Service& service, const SimulationConfig& settings) {
  const PoissonArrivals arrivals(settings.arrival_rate, settings.seed);
  Lindley out;
  Nanoseconds arrival = 0;
  for (std::int64_t i = 0; i < kRequests; ++i) {
    arrival += arrivals.gap(i);
    const Nanoseconds length = kPerToken * tokens_of(service, settings.seed, i);
    out.total_wait += static_cast<double>(std::max<Nanoseconds>(0, out.last_departure - arrival));
    out.last_departure = std::max(out.last_departure, arrival) + length;
    out.total_service += length;
  }
  return out;
}

}  // namespace

TEST_CASE("Waits, busy time and the last departure are those of Lindley's recursion") {
  const Service service = GENERATE(kConstant, kExponential, kTwoPoint);
  SimulationConfig settings = one_at_a_time();
  settings.arrival_rate = 0.9 / kMeanService;
  const Run run = serve_prompts(service, settings);
  const Lindley expected = lindley(service, settings);
  INFO("M/" << service.name << "/1");
  // Exact: the server rests only while nobody is there, and never longer.
  CHECK(run.metrics.busy_time == expected.total_service);
  CHECK(run.metrics.run_time == expected.last_departure);
  const double in_system =
      1e-9 * (expected.total_wait + static_cast<double>(expected.total_service));
  CHECK(run.metrics.episode_ttft.mean() ==
        Approx(in_system / static_cast<double>(kRequests)).epsilon(1e-12));
}

// Pollaczek-Khinchine: W = load E[S^2] / (2 E[S] (1 - load)). The tolerance is about three standard
// deviations of such a mean (M/M/1 at a load of 0.8: Whitt, Operations Research 37(6), 1989).
TEST_CASE("Mean waits of M/D/1, M/M/1 and M/G/1 are Pollaczek's and Khinchine's") {
  const Service service = GENERATE(kConstant, kExponential, kTwoPoint);
  const double load = GENERATE(0.3, 0.5, 0.8);
  SimulationConfig settings = one_at_a_time();
  settings.arrival_rate = load / kMeanService;
  const double wait = mean_over_runs(settings, [&](const SimulationConfig& one) {
    const Run run = serve_prompts(service, one);
    return run.metrics.episode_ttft.mean() -
           1e-9 * static_cast<double>(run.metrics.busy_time) / static_cast<double>(kRequests);
  });
  INFO("M/" << service.name << "/1 at a load of " << load);
  CHECK(wait == Approx(kMeanService * load * service.second_moment / (2.0 * (1.0 - load)))
                    .epsilon(load > 0.7 ? 0.06 : 0.03));
}

// The utilisation law: load = rate x service (Denning and Buzen, Computing Surveys 10(3), 1978).
TEST_CASE("The server is busy for the share of time that arrivals ask for") {
  const double load = GENERATE(0.2, 0.6, 0.9);
  SimulationConfig settings = one_at_a_time();
  settings.arrival_rate = load / kMeanService;
  const Run run = serve_prompts(kExponential, settings);
  CHECK(static_cast<double>(run.metrics.busy_time) / static_cast<double>(run.metrics.run_time) ==
        Approx(load).epsilon(0.01));
}

// A request of n tokens out, n geometric, served alone by n iterations of 1 ms, decode steps in
// closed form included: M/G/1 with E[S] = 1/p, E[S^2] = (2 - p)/p^2.
TEST_CASE(
    "Mean waits of a decoding server with geometric lengths are Pollaczek's and Khinchine's") {
  constexpr double kEnd = 0.05;
  constexpr double kStep = 1e-3;
  const double load = GENERATE(0.5, 0.8);
  SimulationConfig settings = one_at_a_time();
  settings.arrival_rate = load * kEnd / kStep;
  const AffineCost cost(1'000'000, 0);
  double ttft = 0.0;
  const double latency = mean_over_runs(settings, [&](const SimulationConfig& one) {
    MadeSessions source(kRequests, [&](std::int64_t index) {
      Rng rng(one.seed, static_cast<std::uint64_t>(index));
      const int out = 1 + static_cast<int>(std::log1p(-rng.uniform()) / std::log1p(-kEnd));
      return session({Prefill{1}, Decode{out - 1}});
    });
    const Run run = serve(source, cost, one);
    ttft += run.metrics.episode_ttft.mean() / kRuns;
    return run.metrics.episode_latency.mean();
  });
  const double wait = kStep * load * (2.0 - kEnd) / (2.0 * kEnd * (1.0 - load));
  INFO("load " << load);
  CHECK(ttft - kStep == Approx(wait).epsilon(0.06));
  CHECK(latency == Approx(wait + kStep / kEnd).epsilon(0.05));
}

// Every second arrival of a Poisson stream: Erlang-2 gaps. GI/M/1 (Kleinrock I, 6.4): W = s /
// (rate (1 - s)), s the root in (0, 1) of s = A*(rate (1 - s)), A* the gaps' Laplace transform.
TEST_CASE("Two replicas behind round robin are two E2/M/1 queues") {
  const double load = GENERATE(0.5, 0.8);
  SimulationConfig settings = one_at_a_time();
  settings.replicas = 2;
  settings.arrival_rate = 2.0 * load / kMeanService;
  double root = 0.5;
  for (int i = 0; i < 1000; ++i) root = std::pow(2.0 * load / (2.0 * load + 1.0 - root), 2.0);
  const double wait = mean_over_runs(settings, [&](const SimulationConfig& one) {
    const Run run = serve_prompts(kExponential, one);
    return run.metrics.episode_ttft.mean() -
           1e-9 * static_cast<double>(run.metrics.busy_time) / static_cast<double>(kRequests);
  });
  INFO("load " << load);
  CHECK(wait == Approx(kMeanService * root / (1.0 - root)).epsilon(0.05));
}

// Cobham, Operations Research 2(1), 1954: with W0 what is left of the service under way,
// W1 = W0 / (1 - load1), W2 = W1 / (1 - load).
TEST_CASE("Priorities and shortest-first wait as in Cobham's queue with two classes") {
  const WaitOrder order = GENERATE(WaitOrder::priority, WaitOrder::shortest);
  constexpr double kLoad = 0.8;
  SimulationConfig settings = one_at_a_time();
  settings.order = order;
  settings.arrival_rate = kLoad / kMeanService;
  const double wait = mean_over_runs(settings, [&](const SimulationConfig& one) {
    const AffineCost cost(0, kPerToken);
    MadeSessions source(kRequests, [&](std::int64_t index) {
      const int tokens = tokens_of(kTwoPoint, one.seed, index);
      Session out = session({Prefill{tokens}});
      out.priority = tokens > 1000 ? 1 : 0;
      return out;
    });
    const Run run = serve(source, cost, one);
    return run.metrics.episode_ttft.mean() -
           1e-9 * static_cast<double>(run.metrics.busy_time) / static_cast<double>(kRequests);
  });
  const double rest = kMeanService * kLoad * kTwoPoint.second_moment / 2.0;
  const double short_wait = rest / (1.0 - kLoad * 0.9 * 0.2);
  const double long_wait = short_wait / (1.0 - kLoad);
  CHECK(wait == Approx(0.9 * short_wait + 0.1 * long_wait).epsilon(0.06));
}

// Iterations of equal length that batch all comers, and never stop: a newcomer finds half an
// iteration left on average, then gets a token from each. The batch holds rate x length requests,
// as M/G/infinity does.
TEST_CASE("Continuous batching serves all at once, from the next iteration on") {
  constexpr double kStep = 1e-3;
  constexpr int kTokens = 100;
  SimulationConfig settings = one_at_a_time();
  settings.max_batch_sequences = 10'000;
  settings.arrival_rate = 400.0;
  const AffineCost cost(1'000'000, 0);
  MadeSessions source(kRequests, [](std::int64_t) {
    return session({Prefill{1}, Decode{kTokens - 1}});
  });
  const Run run = serve(source, cost, settings);
  CHECK(run.metrics.episode_ttft.mean() == Approx(1.5 * kStep).epsilon(0.005));
  CHECK(run.metrics.tpot.mean() == Approx(kStep).epsilon(1e-9));
  CHECK(run.metrics.episode_latency.mean() == Approx((kTokens + 0.5) * kStep).epsilon(0.0005));
  CHECK(run.mean.batch_threads == Approx(400.0 * kTokens * kStep).epsilon(0.01));
}
