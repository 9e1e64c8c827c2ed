// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/stack_distance.h"

#include <numeric>

#include <catch2/catch.hpp>

#include "analyzer/distance_profile.h"
#include "tests/unit/analyzer/page_sets.h"

namespace pagequest::analyzer {
namespace {

using Counts = std::vector<std::uint64_t>;
using testing::PageSets;

DistanceProfile profile_of(const PageSets& sets) {
  StackDistance stack;
  for (const auto& set : sets) stack.access(set);
  return {.warm = stack.histogram(), .cold = stack.cold(), .resident = 0, .steps = sets.size()};
}

Counts trimmed(Counts counts) {
  while (!counts.empty() && counts.back() == 0) counts.pop_back();
  return counts;
}

TEST_CASE("distances follow the stack, step by step") {
  StackDistance stack;  //                          stack afterwards, top first
  stack.access(std::vector<std::int32_t>{0, 1, 2});  // 2 1 0        three cold
  CHECK(stack.cold() == 3);
  stack.access(std::vector<std::int32_t>{1});  //       1 2 0        1 was below 2
  CHECK(trimmed(stack.histogram()) == Counts{0, 1});
  stack.access(std::vector<std::int32_t>{0, 3});  //    3 0 1 2      0 was below 1 and 2; 3 cold
  CHECK(trimmed(stack.histogram()) == Counts{0, 1, 1});
  CHECK(stack.cold() == 4);
  stack.access(std::vector<std::int32_t>{0, 1, 3});  // 3 1 0 2      3, 0 and 1 were the top three
  CHECK(trimmed(stack.histogram()) == Counts{1, 2, 2});
  stack.access(std::vector<std::int32_t>{2});  //       2 3 1 0      2 was at the bottom
  CHECK(trimmed(stack.histogram()) == Counts{1, 2, 2, 1});
}

TEST_CASE("one page at a time gives the textbook's distance") {
  // a b c b c a: the second b saw c since, the second c saw b, the second a saw b and c.
  const auto profile = profile_of({{0}, {1}, {2}, {1}, {2}, {0}});
  CHECK(profile.cold == 3);
  CHECK(trimmed(profile.warm) == Counts{0, 2, 1});
}

TEST_CASE("distances equal those of a brute-force search") {
  const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3});
  const auto [steps, pages] = GENERATE(std::pair<std::size_t, std::int32_t>{40, 5},
                                       std::pair<std::size_t, std::int32_t>{200, 80},
                                       std::pair<std::size_t, std::int32_t>{900, 300});
  const PageSets sets = testing::random_page_sets(steps, pages, seed);
  const auto expected = testing::brute_force_distances(sets);
  const auto profile = profile_of(sets);
  CHECK(trimmed(profile.warm) == expected.histogram);
  CHECK(profile.cold == expected.cold);
}

TEST_CASE("every access is counted once") {
  const PageSets sets = testing::random_page_sets(300, 120, 9);
  const auto accesses =
      std::accumulate(sets.begin(), sets.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const auto& set) { return sum + set.size(); });
  CHECK(profile_of(sets).accesses() == accesses);
}

TEST_CASE("a cache of C pages hits the accesses whose distance is below C") {
  const PageSets sets = testing::random_page_sets(250, 60, 4);
  const auto hits = profile_of(sets).hits_by_size();
  REQUIRE(hits.size() > 20);
  for (std::size_t capacity = 0; capacity < hits.size(); ++capacity) {
    CAPTURE(capacity);
    CHECK(hits[capacity] == testing::simulated_lru_hits(sets, capacity));
  }
}

TEST_CASE("an emptied stack makes every page cold again and keeps the counts") {
  StackDistance stack;
  const std::vector<std::int32_t> pages = {2, 5, 7};
  stack.access(pages);
  stack.access(pages);
  stack.clear();
  stack.access(pages);
  CHECK(stack.cold() == 6);
  CHECK(trimmed(stack.histogram()) == Counts{1, 1, 1});
}

TEST_CASE("a step without accesses changes nothing") {
  StackDistance stack;
  stack.access(std::vector<std::int32_t>{1, 4});
  stack.access({});
  stack.access(std::vector<std::int32_t>{4});
  CHECK(stack.cold() == 2);
  CHECK(trimmed(stack.histogram()) == Counts{1});
}

TEST_CASE("a profile's quantiles are the least distances that cover the share") {
  const DistanceProfile profile{.warm = {5, 0, 4, 1, 0}, .cold = 7, .resident = 0, .steps = 1};
  CHECK(profile.quantile(0.5) == 0);
  CHECK(profile.quantile(0.51) == 2);
  CHECK(profile.quantile(0.9) == 2);
  CHECK(profile.quantile(1.0) == 3);
  CHECK(profile.mean() == Approx((4 * 2 + 3) / 10.0));
  CHECK(profile.distances() == 4);
}

}  // namespace
}  // namespace pagequest::analyzer
