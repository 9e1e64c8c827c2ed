// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/attention_model.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;

namespace {

std::vector<std::int32_t> pages_to(std::int32_t count) {
  std::vector<std::int32_t> pages(static_cast<std::size_t>(count));
  std::iota(pages.begin(), pages.end(), 0);
  return pages;
}

}  // namespace

TEST_CASE("The masses of a step sum to 1") {
  AttentionModel model(attention_params(), 3);
  for (std::int32_t step = 0; step < 2000; step += 16) {
    double sum = 0.0;
    for (const float mass : model.masses(pages_to(20 + step / 16), step)) {
      CHECK(mass >= 0.0F);
      sum += static_cast<double>(mass);
    }
    CHECK(sum == Approx(1.0).epsilon(1e-5));
  }
}

TEST_CASE("Without heavy hitters and sinks the masses are the power law") {
  const std::map<std::string, std::string> given{
      {"sink_share", "0"}, {"recent_share", "1"}, {"recency_exponent", "1"}};
  AttentionModel model(attention_params(given), 1);
  const auto masses = model.masses(pages_to(100), 0);
  double harmonic = 0.0;
  for (int i = 1; i <= 100; ++i) harmonic += 1.0 / i;
  CHECK(static_cast<double>(masses[99]) == Approx(1.0 / harmonic));
  CHECK(static_cast<double>(masses[0]) == Approx(0.01 / harmonic));
}

TEST_CASE("Sinks, recent pages and heavy hitters get their shares, on average over steps") {
  // Of 4000 pages, heavy hitters have 0.3 up to what log-normal weights scatter.
  AttentionModel model(attention_params({{"weight_sigma", "0.5"}}), 5);
  double first = 0.0;
  int steps = 0;
  for (std::int64_t step = 4000; step < 12000; step += 16, ++steps) {
    first += static_cast<double>(model.masses(pages_to(4000), step)[0]);
  }
  CHECK(first / steps == Approx(0.3).margin(0.02));
}

TEST_CASE("Four in five silences of a page are shorter than 175 steps") {
  // Heavy hitters alone: a page has mass exactly while it bursts.
  AttentionModel model(attention_params({{"sink_share", "0"}, {"recent_share", "0"}}), 9);
  const auto pages = pages_to(200);
  std::vector<std::int64_t> silent_since(pages.size(), -1);
  int brief = 0, all = 0;
  std::vector<char> was(pages.size(), 0);
  for (std::int64_t step = 0; step < 40000; ++step) {
    const auto masses = model.masses(pages, step);
    for (std::size_t p = 0; p < pages.size(); ++p) {
      const bool active = masses[p] > 0.0F;
      if (active && was[p] == 0 && silent_since[p] >= 0) {
        ++all;
        brief += step - silent_since[p] < 175 ? 1 : 0;
      }
      if (!active && was[p] != 0) silent_since[p] = step;
      was[p] = active ? 1 : 0;
    }
  }
  REQUIRE(all > 10000);
  CHECK(static_cast<double>(brief) / all == Approx(0.8).margin(0.02));
}

TEST_CASE("What is gone changes the other masses by one common factor") {
  AttentionModel whole(attention_params(), 4);
  AttentionModel holed(attention_params(), 4);
  const auto pages = pages_to(50);
  std::vector<std::int32_t> kept;
  for (const std::int32_t page : pages) {  // the one that is being written stays
    if (page % 3 != 2) kept.push_back(page);
  }
  for (std::int64_t step = 0; step < 1000; step += 16) {
    const auto a = whole.masses(pages, step);
    const auto b = holed.masses(kept, step);
    const double factor = static_cast<double>(b[0]) / static_cast<double>(a[0]);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto mass = static_cast<double>(a[static_cast<std::size_t>(kept[i])]);
      CHECK(static_cast<double>(b[i]) == Approx(factor * mass).epsilon(1e-4));
    }
  }
}

TEST_CASE("Bad parameters of the attention model are refused") {
  CHECK_THROWS_WITH(attention_params({{"sink", "0.1"}}), Contains("sink_share"));
  CHECK_THROWS_WITH(attention_params({{"sink_share", "0.7"}}), Contains("recent_share"));
  CHECK_THROWS_WITH(attention_params({{"attention_every_steps", "0"}}), Contains("1 to 1000000"));
}
