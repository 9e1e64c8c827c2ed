// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/chi_squared.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

using kv::Victim;

namespace {

/// Five pages of 4 tokens, a token too many: one of the pages 0 to 3 goes. (Page 4 is written.)
std::vector<Victim> victims_of(std::int64_t seed, std::int32_t episode, std::int32_t step,
                               const kv::KvShape& shape = {}, const char* sharing = "head") {
  EvictionController controller({.name = "random",
                                 .params = {{"seed", std::to_string(seed)}, {"sharing", sharing}},
                                 .budget_tokens = 19},
                                4, 0, shape);
  controller.observe(EpisodeBegan{EpisodeId{episode}});
  fill(controller, step, 0, 20, StepKind::prefill);
  return controller.victims(DecisionPoint::step_end);
}

std::size_t page_of(const Victim& victim) {
  return static_cast<std::size_t>(victim.span.first / 4);
}

using Counts = std::array<int, 5>;

constexpr int kDraws = 2000;

}  // namespace

TEST_CASE("every page but the one being written is as likely to go, by seed, episode and step") {
  Counts by_seed{};
  Counts by_episode{};
  Counts by_step{};
  for (std::int32_t i = 0; i < kDraws; ++i) {
    ++by_seed[page_of(victims_of(i, 0, 0).at(0))];
    ++by_episode[page_of(victims_of(0, i, 0).at(0))];
    ++by_step[page_of(victims_of(0, 0, i).at(0))];
  }
  for (const Counts& counts : {by_seed, by_episode, by_step}) {
    CHECK(counts[4] == 0);
    CHECK(chi_squared(counts, kDraws) < kChiSquared999);
  }
}

TEST_CASE("the random choice is its seed's, again and again") {
  std::int32_t differ = 0;
  for (std::int32_t step = 0; step < 100; ++step) {
    const auto victims = victims_of(1, 0, step);
    CHECK(victims == victims_of(1, 0, step));
    if (victims != victims_of(2, 0, step)) ++differ;
  }
  CHECK(differ > 50);  // 75 of 100 are expected
}

TEST_CASE("heads choose at random by themselves, or all alike if they share") {
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  std::int32_t differ = 0;
  Counts second{};
  for (std::int32_t seed = 0; seed < kDraws; ++seed) {
    const auto victims = victims_of(seed, 0, 0, shape);
    REQUIRE(victims.size() == 2);
    if (victims[0].span != victims[1].span) ++differ;
    ++second[page_of(victims[1])];
  }
  CHECK(differ > 1350);  // 1500 are expected, with a deviation of 19
  CHECK(differ < 1650);
  CHECK(chi_squared(second, kDraws) < kChiSquared999);
  const auto shared = victims_of(0, 0, 0, shape, "all");
  REQUIRE(shared.size() == 1);
  CHECK(shared[0].scope == kv::Scope{});
}
