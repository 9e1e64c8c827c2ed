// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/metrics/timeline.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/metrics/percentile.h"

using namespace pagequest;
using namespace pagequest::simulator;

TEST_CASE("The timeline's means are weighted by time") {
  Timeline timeline(16);
  timeline.add(1'000'000, {.batch_threads = 2.0});
  timeline.add_tokens(0, 1'000'000, 10.0);
  timeline.add(4'000'000, {.batch_threads = 6.0});
  CHECK(timeline.overall().mean.batch_threads == Approx((2.0 * 1 + 6.0 * 3) / 4));
  CHECK(timeline.overall().output_tokens == Approx(10.0));
  CHECK(timeline.rows().at(0).mean.batch_threads == Approx(2.0));
}

TEST_CASE("A long run keeps its rows, its means and its tokens") {
  Rng rng(2);
  Timeline timeline(32);
  Nanoseconds now = 0;
  double area = 0.0;
  double tokens = 0.0;
  for (int i = 0; i < 5000; ++i) {
    const Nanoseconds length = rng.between(0, 3'000'000);
    const double used = rng.between(0, 100);
    const double sampled = length > 0 ? rng.between(0, 9) : 0;
    now += length;
    area += used * static_cast<double>(length);
    tokens += sampled;
    timeline.add(now, {.used_pages = used});
    if (length > 0) timeline.add_tokens(now - length, now, sampled);
  }
  const auto rows = timeline.rows();
  REQUIRE(rows.size() <= 32);
  REQUIRE(rows.size() > 8);
  CHECK(rows.front().begin == 0);
  CHECK(rows.back().end == now);
  for (std::size_t i = 1; i < rows.size(); ++i) REQUIRE(rows[i].begin == rows[i - 1].end);
  CHECK(timeline.overall().mean.used_pages == Approx(area / static_cast<double>(now)));
  CHECK(timeline.overall().output_tokens == Approx(tokens));
}

TEST_CASE("Percentiles are nearest-rank, as in a sorted list") {
  Rng rng(8);
  for (const int n : {1, 2, 3, 20, 101}) {
    std::vector<double> samples;
    for (int i = 0; i < n; ++i) samples.push_back(rng.uniform());
    std::vector<double> sorted = samples;
    std::sort(sorted.begin(), sorted.end());
    for (const int percent : {1, 50, 95, 99, 100}) {
      const int rank = (percent * n + 99) / 100;
      CHECK(percentile(samples, percent) == sorted[static_cast<std::size_t>(rank - 1)]);
    }
  }
  CHECK(percentile({}, 50) == 0.0);
}
