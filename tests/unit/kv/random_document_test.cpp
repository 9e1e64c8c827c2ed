// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/chi_squared.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

namespace {

/// Five responses of 8 tokens behind 4 prompt tokens, cursors 0 to 4.
EvictionController five_responses(std::int64_t seed, std::int32_t budget, std::int32_t episode) {
  EvictionController controller({.name = "random-document",
                                 .params = {{"seed", std::to_string(seed)}},
                                 .budget_tokens = budget},
                                4);
  controller.observe(EpisodeBegan{EpisodeId{episode}});
  fill(controller, 0, 0, 4, StepKind::prefill);
  for (std::int32_t i = 0; i < 5; ++i) {
    respond(controller, i, {4 + 8 * i, 0}, {4 + 8 * i, 8});
    fill(controller, 1 + i, 4 + 8 * i, 8, StepKind::prefill);
  }
  return controller;
}

std::int32_t first_victim(std::int64_t seed, std::int32_t episode) {
  auto controller = five_responses(seed, 43, episode);
  return (spans_of(controller.victims(DecisionPoint::step_end)).at(0).first - 4) / 8;
}

}  // namespace

TEST_CASE("every response but the newest is as likely to be dropped") {
  std::array<int, 5> by_seed{};
  std::array<int, 5> by_episode{};
  for (int i = 0; i < 4000; ++i) {
    ++by_seed[static_cast<std::size_t>(first_victim(i, 0))];
    ++by_episode[static_cast<std::size_t>(first_victim(0, i))];
  }
  CHECK(by_seed[4] == 0);
  CHECK(by_episode[4] == 0);
  CHECK(chi_squared(by_seed, 4000) < kChiSquared999);
  CHECK(chi_squared(by_episode, 4000) < kChiSquared999);
}

TEST_CASE("the newest response stays even if the budget is broken") {
  auto controller = five_responses(1, 1, 0);
  const auto spans = spans_of(controller.victims(DecisionPoint::step_end));
  CHECK(spans.size() == 4);
  for (const TokenSpan& span : spans) CHECK(span.first < 36);
}

TEST_CASE("a response is dropped whole, and no more than needed") {
  auto controller = five_responses(1, 28, 0);
  const auto spans = spans_of(controller.victims(DecisionPoint::step_end));
  CHECK(spans.size() == 2);  // 44 live tokens, 16 too many
  for (const TokenSpan& span : spans) CHECK(span.count == 8);
}
