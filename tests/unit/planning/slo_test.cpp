// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/slo.h"

#include <limits>

#include <catch2/catch.hpp>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

std::string fault_of(const std::string& text) {
  try {
    static_cast<void>(parse_slo(text));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Objectives are read with their units, in any order") {
  const Slo slo = parse_slo("tpot=50ms,percentile=95,e2e=1.5min,ttft=2s");
  CHECK(slo.ttft == 2.0);
  CHECK(slo.tpot.value() == Approx(0.05));
  CHECK(slo.e2e.value() == Approx(90.0));
  CHECK(slo.percentile == 95.0);
  CHECK(parse_slo("e2e=2h").e2e == 7200.0);
  CHECK(parse_slo("ttft=250us").ttft.value() == Approx(0.00025));
}

TEST_CASE("What is not asked for is not an objective, and the percentile is 99 by default") {
  const Slo slo = parse_slo("ttft=1s");
  CHECK(!slo.tpot);
  CHECK(!slo.e2e);
  CHECK(slo.percentile == 99.0);
}

TEST_CASE("Unknown objectives and units are errors that list the valid ones") {
  CHECK(has(fault_of("itl=50ms"), "e2e, percentile, tpot, ttft"));
  CHECK(has(fault_of("ttft=2sec"), "h, min, ms, s, us"));
}

TEST_CASE("Objectives that can't be read are errors") {
  for (const auto* text :
       {"", "ttft", "ttft=", "ttft=2", "ttft=s", "ttft=0s", "ttft=-1s", "ttft=nans", "ttft=infs",
        "ttft=1s,", ",ttft=1s", "ttft=1s,ttft=2s", "percentile=95", "ttft=1s,percentile=0",
        "ttft=1s,percentile=100", "ttft=1s,percentile=9s", "ttft=1e999s"}) {
    CAPTURE(text);
    CHECK(!fault_of(text).empty());
  }
}

TEST_CASE("Misses name the latency with both numbers") {
  const Slo slo = parse_slo("ttft=2s,tpot=50ms,percentile=95");
  CHECK(misses(slo, {.ttft = 2.0, .tpot = 0.05, .e2e = 1e9}).empty());
  const auto missed = misses(slo, {.ttft = 2.5, .tpot = 0.05, .e2e = 0.0});
  CHECK(missed == std::vector<std::string>{"ttft p95 = 2.5 s above 2 s"});
  CHECK(misses(slo, {.ttft = std::numeric_limits<double>::quiet_NaN(), .tpot = 0.0}).size() == 1);
}

TEST_CASE("Objectives are written in words") {
  CHECK(to_text(parse_slo("ttft=2s,tpot=50ms")) == "tpot p99 <= 0.05 s, ttft p99 <= 2 s");
}

}  // namespace
}  // namespace pagequest::simulator
