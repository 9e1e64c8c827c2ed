// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/wilson.h"

#include <cmath>

#include <catch2/catch.hpp>

namespace pagequest::analyzer {
namespace {

TEST_CASE("Wilson intervals equal the published ones") {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
  // Medicine 17 (1998), table I, method 3, printed with four decimals.
  struct Published {
    std::int64_t successes, n;
    double low, high;
  };
  const auto [successes, n, low, high] =
      GENERATE(Published{81, 263, 0.2553, 0.3662}, Published{15, 148, 0.0624, 0.1605},
               Published{0, 20, 0.0000, 0.1611}, Published{1, 29, 0.0061, 0.1718});
  const Interval interval = wilson_interval_95(successes, n);
  CHECK(interval.low == Approx(low).margin(0.00005));
  CHECK(interval.high == Approx(high).margin(0.00005));
}

TEST_CASE("a Wilson interval mirrors when successes and failures swap") {
  const Interval one = wilson_interval_95(3, 40);
  const Interval other = wilson_interval_95(37, 40);
  CHECK(one.low == Approx(1 - other.high));
  CHECK(one.high == Approx(1 - other.low));
}

TEST_CASE("an interval holds its proportion, also where all or none succeed") {
  for (std::int64_t n = 1; n < 200; ++n) {
    CHECK(wilson_interval_95(0, n).low == 0.0);
    CHECK(wilson_interval_95(n, n).high == 1.0);
    CHECK(wilson_interval_95(0, n).high > 0.0);
  }
}

TEST_CASE("no trials give no interval") { CHECK(std::isnan(wilson_interval_95(0, 0).low)); }

}  // namespace
}  // namespace pagequest::analyzer
