// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Policies that name tool responses: keep-k, clear-at and sidequest-noisy.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

using Cursors = std::vector<std::int32_t>;

namespace {

/// A prompt of 4 tokens and responses of 8, cursors from 0.
EvictionController responses(const kv::PolicySpec& spec, std::int32_t count) {
  EvictionController controller(spec, 4);
  fill(controller, 0, 0, 4, StepKind::prefill);
  for (std::int32_t i = 0; i < count; ++i) {
    respond(controller, i, {4 + 8 * i, 0}, {4 + 8 * i, 8});
    fill(controller, 1 + i, 4 + 8 * i, 8, StepKind::prefill);
  }
  return controller;
}

/// Cursors that go at this turn boundary; they are evicted.
Cursors dropped(EvictionController& controller) {
  Cursors cursors;
  for (const TokenSpan& span : spans_of(controller.victims(DecisionPoint::turn_boundary))) {
    cursors.push_back((span.first - 4) / 8);
    evicted(controller, span);
  }
  return cursors;
}

kv::PolicySpec noisy(const char* parse, const char* recall, const char* others,
                     std::int64_t seed = 0) {
  return {.name = "sidequest-noisy",
          .params = {{"parse_failures", parse},
                     {"recall", recall},
                     {"false_evictions", others},
                     {"seed", std::to_string(seed)}}};
}

/// Of five responses, when the model names these.
Cursors dropped_by(const kv::PolicySpec& spec, const Cursors& named, bool parsed = true) {
  EvictionController controller = responses(spec, 5);
  join(controller, named, parsed);
  return dropped(controller);
}

}  // namespace

TEST_CASE("keep-k drops all but the last k responses, at the turn boundary") {
  EvictionController controller = responses({.name = "keep-k", .params = {{"k", "2"}}}, 5);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  CHECK(dropped(controller) == Cursors{0, 1, 2});
  CHECK(dropped(controller).empty());
  respond(controller, 5, {44, 0}, {44, 8});
  fill(controller, 9, 44, 8, StepKind::prefill);
  CHECK(dropped(controller) == Cursors{3});
}

TEST_CASE("keep-k drops nothing as long as there are no more than k responses") {
  EvictionController controller = responses({.name = "keep-k", .params = {{"k", "5"}}}, 5);
  CHECK(dropped(controller).empty());
}

TEST_CASE("keep-k keeps a response at least") {
  CHECK_THROWS_AS(EvictionController({.name = "keep-k", .params = {{"k", "0"}}}, 4), Error);
}

TEST_CASE("clear-at drops nothing below its threshold, and all but the newest from there on") {
  // 4 + 8 n tokens: 28 with three responses, 36 with four.
  const kv::PolicySpec spec{.name = "clear-at", .params = {{"threshold", "36"}, {"keep", "1"}}};
  EvictionController controller = responses(spec, 3);
  CHECK(dropped(controller).empty());
  respond(controller, 3, {28, 0}, {28, 8});
  fill(controller, 9, 28, 8, StepKind::prefill);
  CHECK(dropped(controller) == Cursors{0, 1, 2});
  // 12 live tokens are left: it takes 24 new ones until it clears again.
  respond(controller, 4, {36, 0}, {36, 8});
  fill(controller, 10, 36, 8, StepKind::prefill);
  CHECK(dropped(controller).empty());
  fill(controller, 11, 44, 16);
  CHECK(dropped(controller) == Cursors{3});
}

TEST_CASE("a SideQuest whose commands are all lost drops nothing") {
  for (std::int64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    CHECK(dropped_by(noisy("1", "1", "1", seed), {0, 1, 2}).empty());
  }
}

TEST_CASE("a noisy SideQuest without noise is SideQuest") {
  for (std::int64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    CHECK(dropped_by(noisy("0", "1", "0", seed), {2, 0}) == Cursors{0, 2});
  }
  CHECK(dropped_by({.name = "sidequest"}, {2, 0}) == Cursors{0, 2});
  CHECK(dropped_by(noisy("0", "1", "0"), {}).empty());
  CHECK(dropped_by(noisy("0", "1", "0"), {0}, false).empty());
}

TEST_CASE("a SideQuest without recall drops nothing that is named") {
  for (std::int64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    CHECK(dropped_by(noisy("0", "0", "0", seed), {0, 1, 2, 3}).empty());
  }
}

TEST_CASE("a SideQuest that names what is needed drops all but the newest response") {
  for (std::int64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    CHECK(dropped_by(noisy("0", "1", "1", seed), {1}) == Cursors{0, 1, 2, 3});
    CHECK(dropped_by(noisy("0", "0", "1", seed), {1}) == Cursors{0, 2, 3});
  }
}

TEST_CASE("the noise has the rates that it is given") {
  // Of 1000 commands that name cursor 0, 30 % get lost and 50 % of the rest find it: 350 are
  // expected, with a deviation of 15. Cursor 1 is not named: 70 % of 20 %, 140 with one of 11.
  std::int32_t found = 0;
  std::int32_t wrong = 0;
  for (std::int64_t seed = 0; seed < 1000; ++seed) {
    for (const std::int32_t cursor : dropped_by(noisy("0.3", "0.5", "0.2", seed), {0})) {
      found += cursor == 0 ? 1 : 0;
      wrong += cursor == 1 ? 1 : 0;
    }
  }
  CHECK(found > 290);
  CHECK(found < 410);
  CHECK(wrong > 96);
  CHECK(wrong < 184);
}
