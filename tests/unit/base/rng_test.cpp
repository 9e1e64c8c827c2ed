// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

using namespace pagequest;

TEST_CASE("SplitMix64 gives the published outputs for seed 1234567") {
  // First outputs of the reference implementation (Vigna, splitmix64.c), as listed by Rosetta Code.
  CHECK(mix64(1234567) == 6457827717110365317ULL);
  CHECK(mix64(1234567 + 0x9e3779b97f4a7c15ULL) == 3203168211198807973ULL);
  CHECK(mix64(1234567 + 2 * 0x9e3779b97f4a7c15ULL) == 9817491932198370423ULL);
}

TEST_CASE("The same seed and stream give the same draws, another stream gives others") {
  Rng a(7, 3);
  Rng b(7, 3);
  Rng c(7, 4);
  int same = 0;
  for (int i = 0; i < 64; ++i) {
    const auto draw = a.next();
    CHECK(draw == b.next());
    same += draw == c.next() ? 1 : 0;
  }
  CHECK(same == 0);
}

TEST_CASE("below() is uniform by a chi-square test") {
  Rng rng(11);
  std::vector<int> counts(10);
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(10)];
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 10.0, 2) / (kDraws / 10.0);
  CHECK(chi_square < 27.9);  // 99.9 % quantile for 9 degrees of freedom
}

TEST_CASE("between() covers both ends") {
  Rng rng(5);
  std::vector<int> seen(4);
  for (int i = 0; i < 200; ++i) ++seen.at(static_cast<std::size_t>(rng.between(-1, 2) + 1));
  CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n > 20; }));
}

TEST_CASE("uniform() lies in [0, 1) with mean one half") {
  Rng rng(9);
  double sum = 0;
  for (int i = 0; i < 20000; ++i) {
    const double draw = rng.uniform();
    REQUIRE(draw >= 0.0);
    REQUIRE(draw < 1.0);
    sum += draw;
  }
  CHECK(sum / 20000 == Approx(0.5).margin(0.01));
}

TEST_CASE("shuffle() permutes") {
  std::vector<int> items(50);
  std::iota(items.begin(), items.end(), 0);
  auto shuffled = items;
  Rng(3).shuffle(shuffled);
  CHECK(shuffled != items);
  std::sort(shuffled.begin(), shuffled.end());
  CHECK(shuffled == items);
}
