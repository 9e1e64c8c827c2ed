// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/replica_search.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

/// n independent M/M/1 servers of rate 2 under a Poisson load that is split evenly: mean time in
/// system 1 / (2 - load / n).
LoadResult split_mm1(double load, std::int64_t replicas) {
  const double slack = 2.0 - load / static_cast<double>(replicas);
  return {.latencies = {.ttft = 0.0, .tpot = 0.0, .e2e = slack > 0.0 ? 1.0 / slack : 1e9}};
}

TEST_CASE("The replicas found are the fewest that the formula allows") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 1.0};
  for (const double load : {0.5, 1.0, 1.5, 7.3, 100.2}) {
    // 1 / (2 - load / n) <= 1 where n >= load.
    const auto evaluate = [&](std::int64_t n) { return split_mm1(load, n); };
    CHECK(search_replicas(slo, evaluate, 1000).replicas ==
          static_cast<std::int64_t>(std::ceil(load)));
  }
}

TEST_CASE("Objectives that no number of replicas meets are an error with what they reached") {
  const Slo slo{.ttft = {}, .tpot = {}, .e2e = 0.4};  // a lone request takes 0.5 s
  try {
    static_cast<void>(search_replicas(
        slo, [](std::int64_t n) { return split_mm1(3.0, n); }, 100));
    FAIL("found a number");
  } catch (const Error& error) {
    const std::string message = error.what();
    CAPTURE(message);
    CHECK(message.find("with 100 replicas") != std::string::npos);
    CHECK(message.find("above 0.4 s") != std::string::npos);
  }
}

TEST_CASE("A million tokens cost the GPUs' price for the time that they take") {
  // 1,000 tokens/s make a million in 1,000 s: 2 GPUs x 3.6 $/h x 1,000 / 3,600 h.
  CHECK(usd_per_million_tokens(3.6, 2, 1000.0) == Approx(2.0));
  CHECK(std::isinf(usd_per_million_tokens(3.6, 2, 0.0)));
}

}  // namespace
}  // namespace pagequest::simulator
