// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/select_victims.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::UnitView;

namespace {

constexpr float kProtected = std::numeric_limits<float>::infinity();

UnitView unit(std::int32_t id, std::int32_t live = 4) {
  return {.id = id, .span = {id * 4, 4}, .live_tokens = live};
}

using Indices = std::vector<std::size_t>;

/// `steps`: (id), when the unit was attended last; 0 for the rest.
Indices select_victims(const std::vector<UnitView>& units, const std::vector<float>& keep,
                       std::int64_t tokens, std::vector<std::int32_t> steps = {}) {
  steps.resize(64, 0);
  return kv::select_victims(units, keep, tokens, {.of_page = steps, .page_size = 4});
}

}  // namespace

TEST_CASE("the lowest keep scores go first, until enough is free") {
  const std::vector<UnitView> units{unit(0), unit(1), unit(2), unit(3)};
  const std::vector<float> keep{3, 1, 2, 0};
  CHECK(select_victims(units, keep, 1) == Indices{3});
  CHECK(select_victims(units, keep, 4) == Indices{3});
  CHECK(select_victims(units, keep, 5) == Indices{3, 1});
  CHECK(select_victims(units, keep, 12) == Indices{3, 1, 2});
}

TEST_CASE("nothing to free drops nothing") {
  const std::vector<UnitView> units{unit(0)};
  CHECK(select_victims(units, {0}, 0).empty());
  CHECK(select_victims(units, {0}, -3).empty());
  CHECK(select_victims({}, {}, 9).empty());
}

TEST_CASE("equal scores are told apart by the last attended step, then by the id") {
  const std::vector<UnitView> units{unit(5), unit(7), unit(6)};
  const std::vector<std::int32_t> steps{0, 0, 0, 0, 0, 9, 2, 2};
  CHECK(select_victims(units, {1, 1, 1}, 12, steps) == Indices{2, 1, 0});
}

TEST_CASE("an infinite score protects even if too little is freed") {
  const std::vector<UnitView> units{unit(0), unit(1), unit(2)};
  CHECK(select_victims(units, {kProtected, 7, kProtected}, 100) == Indices{1});
}

TEST_CASE("minus infinity is the lowest score, not a protection") {
  const std::vector<UnitView> units{unit(0), unit(1)};
  CHECK(select_victims(units, {-9e30F, -kProtected}, 1) == Indices{1});
}

TEST_CASE("few victims and many are the first ones of a sorted list") {
  // Scores and steps of few values, so that ties are many.
  Rng rng(4);
  for (int round = 0; round < 300; ++round) {
    std::vector<UnitView> units;
    std::vector<float> keep;
    std::vector<std::int32_t> steps;
    for (int id = 0; id < rng.between(1, 40); ++id) {
      units.push_back(unit(id, rng.between(1, 4)));
      steps.push_back(rng.between(0, 2));
      keep.push_back(rng.chance(0.2) ? kProtected : static_cast<float>(rng.between(-2, 2)));
    }
    Indices sorted;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (keep[i] != kProtected) sorted.push_back(i);
    }
    std::ranges::sort(sorted, {},
                      [&](std::size_t i) { return std::tuple(keep[i], steps[i], units[i].id); });
    const int wanted = rng.between(1, 60);
    Indices expected;
    for (int freed = 0; expected.size() < sorted.size() && freed < wanted;) {
      expected.push_back(sorted[expected.size()]);
      freed += units[expected.back()].live_tokens;
    }
    CAPTURE(round, wanted);
    REQUIRE(select_victims(units, keep, wanted, steps) == expected);
  }
}
