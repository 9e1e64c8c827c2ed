// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/paired.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <catch2/catch.hpp>

namespace pagequest::analyzer {
namespace {

/// Two-sided, summed outcome by outcome: each of the 2^n outcomes of n fair coins is as likely.
double p_by_enumeration(std::int64_t only_first, std::int64_t only_second) {
  const auto coins = only_first + only_second;
  const auto fewer = std::min(only_first, only_second);
  std::int64_t as_extreme = 0;
  for (std::uint64_t outcome = 0; outcome < (std::uint64_t{1} << coins); ++outcome) {
    const auto heads = static_cast<std::int64_t>(__builtin_popcountll(outcome));
    if (heads <= fewer || heads >= coins - fewer) ++as_extreme;
  }
  return static_cast<double>(as_extreme) / std::exp2(static_cast<double>(coins));
}

TEST_CASE("paired outcomes are counted by who succeeded") {
  PairedCounts counts;
  counts.add(true, true);
  counts.add(true, false);
  counts.add(true, false);
  counts.add(false, true);
  counts.add(false, false);
  CHECK(counts.both == 1);
  CHECK(counts.only_first == 2);
  CHECK(counts.only_second == 1);
  CHECK(counts.neither == 1);
  CHECK(counts.first() == 3);
  CHECK(counts.second() == 2);
}

TEST_CASE("McNemar's exact p equals the enumeration of all outcomes of fair coins") {
  for (std::int64_t first = 0; first <= 7; ++first) {
    for (std::int64_t second = 0; second <= 9; ++second) {
      CAPTURE(first, second);
      const PairedCounts counts{.both = 11, .only_first = first, .only_second = second};
      CHECK(mcnemar_exact_p(counts) == Approx(p_by_enumeration(first, second)));
    }
  }
}

TEST_CASE("McNemar's exact p is 1 where the treatments differ on no case, and for no case") {
  CHECK(mcnemar_exact_p({.both = 5, .neither = 3}) == 1.0);
  CHECK(mcnemar_exact_p({}) == 1.0);
}

TEST_CASE("paired intervals equal the published ones") {
  // The first three: R. G. Newcombe, Statistics in Medicine 17 (1998), pages 2635 to 2650, method
  // 10. The last one: M. W. Fagerland, S. Lydersen, P. Laake, "Recommended tests and confidence
  // intervals for paired binomial proportions", Statistics in Medicine 33 (2014), Newcombe's
  // interval of the airway hyper-responsiveness data. Both take the first share less the second.
  struct Published {
    PairedCounts counts;
    double low, high, margin;
  };
  const auto [counts, low, high, margin] =
      GENERATE(Published{{36, 12, 2, 0}, 0.0569, 0.3404, 5e-5},
               Published{{20, 12, 2, 16}, 0.0562, 0.3292, 5e-5},
               Published{{36, 14, 0, 0}, 0.1528, 0.4167, 5e-5},
               Published{{1, 1, 7, 12}, -0.507, -0.026, 5e-4});
  const Interval interval = paired_difference_interval_95(counts);
  CHECK(-interval.high == Approx(low).margin(margin));
  CHECK(-interval.low == Approx(high).margin(margin));
}

TEST_CASE("a paired interval mirrors when the treatments swap") {
  const Interval one = paired_difference_interval_95({30, 4, 11, 9});
  const Interval other = paired_difference_interval_95({30, 11, 4, 9});
  CHECK(one.low == Approx(-other.high));
  CHECK(one.high == Approx(-other.low));
}

TEST_CASE("a paired interval holds the difference, has a width and stays within -1 and 1") {
  for (std::int64_t both = 0; both <= 3; ++both) {
    for (std::int64_t first = 0; first <= 3; ++first) {
      for (std::int64_t second = 0; second <= 3; ++second) {
        for (std::int64_t neither = 0; neither <= 3; ++neither) {
          const PairedCounts counts{both, first, second, neither};
          if (counts.total() == 0) continue;
          CAPTURE(both, first, second, neither);
          const Interval interval = paired_difference_interval_95(counts);
          const double difference =
              static_cast<double>(second - first) / static_cast<double>(counts.total());
          CHECK(interval.low >= -1.0 - 1e-12);
          CHECK(interval.low <= difference);
          CHECK(interval.high >= difference);
          CHECK(interval.high <= 1.0 + 1e-12);
          CHECK(interval.high - interval.low > 0.01);
        }
      }
    }
  }
}

TEST_CASE("there is no paired interval of no case") {
  const Interval interval = paired_difference_interval_95({});
  CHECK(std::isnan(interval.low));
  CHECK(std::isnan(interval.high));
}

}  // namespace
}  // namespace pagequest::analyzer
