// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;
using kv::PolicySpec;

namespace {

std::string message_of(const PolicySpec& spec, std::int32_t page_size = 16) {
  try {
    const EvictionController controller(spec, page_size);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Two tool responses: cursor 0 at [10, 20) and cursor 1 at [24, 40), called from [6, 10), [20,
/// 24).
EvictionController two_responses(const PolicySpec& spec) {
  EvictionController controller(spec, 4);
  fill(controller, 0, 0, 10, StepKind::prefill);
  respond(controller, 0, {6, 4}, {10, 10});
  fill(controller, 1, 10, 14, StepKind::prefill);
  respond(controller, 1, {20, 4}, {24, 16});
  fill(controller, 2, 24, 16, StepKind::prefill);
  fill(controller, 3, 40, 1);
  return controller;
}

}  // namespace

TEST_CASE("an unknown policy lists the valid ones and the nearest") {
  const std::string message = message_of({.name = "streamin"});
  CHECK(contains(message, "ablate, clear-at, diffkv, flexicache, full, h2o, intentkv-rule"));
  CHECK(contains(message, "did you mean `streaming`"));
}

TEST_CASE("an unknown parameter lists the valid ones") {
  CHECK(
      contains(message_of({.name = "sidequest", .params = {{"evict_cal", "true"}}}), "evict_call"));
}

TEST_CASE("a policy that needs a budget says so, one that takes none refuses it") {
  CHECK(contains(message_of({.name = "h2o"}), "the policy needs a budget"));
  CHECK(contains(message_of({.name = "random-document", .budget_tokens = -1}), "at least 1"));
  CHECK(contains(message_of({.name = "full", .budget_tokens = 64}), "takes none"));
  CHECK(contains(message_of({.name = "sidequest", .budget_tokens = 64}), "takes none"));
}

TEST_CASE("a budget below what must be kept names the least budget, which is accepted") {
  // 4 sinks take one page of 16, the page being written another one.
  CHECK(contains(message_of({.name = "streaming", .budget_tokens = 31}), "at least 32 tokens"));
  CHECK(message_of({.name = "streaming", .budget_tokens = 32}).empty());
  // Half is the recent window: a page of heavy hitters and one for rounding are the other half.
  CHECK(contains(message_of({.name = "h2o", .budget_tokens = 63}), "at least 64 tokens"));
  CHECK(message_of({.name = "h2o", .budget_tokens = 64}).empty());
}

TEST_CASE("parameters out of range are refused with the range") {
  CHECK(
      contains(message_of({.name = "h2o", .params = {{"recent_share", "1"}}, .budget_tokens = 99}),
               "0 to 0.95"));
  CHECK(contains(message_of({.name = "h2o", .params = {{"score", "median"}}, .budget_tokens = 99}),
                 "mean, sum"));
  CHECK(contains(
      message_of({.name = "streaming", .params = {{"sink_tokens", "-1"}}, .budget_tokens = 99}),
      "sink_tokens"));
}

TEST_CASE("only policies that read attention ask for it") {
  CHECK(EvictionController({.name = "h2o", .budget_tokens = 64}, 16).needs_attention());
  CHECK_FALSE(EvictionController({.name = "streaming", .budget_tokens = 64}, 16).needs_attention());
  CHECK_FALSE(EvictionController({}, 16).needs_attention());
}

TEST_CASE("SideQuest drops what the model names, at the turn boundary") {
  // The walk-through of SideQuest section 3.1: once cursor 1 has the dates, cursor 0 is stale.
  EvictionController controller = two_responses({.name = "sidequest"});
  join(controller, {0});
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)).empty());
  const Spans spans = spans_of(controller.victims(DecisionPoint::turn_boundary));
  CHECK(spans == Spans{{10, 10}});
  evicted(controller, spans[0]);
  CHECK(controller.live_tokens() == 31);
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)).empty());
}

TEST_CASE("SideQuest drops the call too if asked to") {
  EvictionController controller =
      two_responses({.name = "sidequest", .params = {{"evict_call", "true"}}});
  join(controller, {1, 0});
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)) ==
        Spans{{6, 4}, {10, 10}, {20, 4}, {24, 16}});
}

TEST_CASE("a command that was not parsed deletes nothing") {
  EvictionController controller = two_responses({.name = "sidequest"});
  join(controller, {0}, false);
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)).empty());
}

TEST_CASE("a cursor that is unknown or already gone is ignored") {
  EvictionController controller = two_responses({.name = "sidequest"});
  join(controller, {0});
  evicted(controller, spans_of(controller.victims(DecisionPoint::turn_boundary)).at(0));
  join(controller, {0, 5});
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)).empty());
}

TEST_CASE("a response that is still arriving is dropped at the boundary after it is whole") {
  EvictionController controller({.name = "sidequest"}, 4);
  fill(controller, 0, 0, 10, StepKind::prefill);
  respond(controller, 0, {6, 4}, {10, 10});
  join(controller, {0});
  fill(controller, 1, 10, 6, StepKind::prefill);
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)).empty());
  fill(controller, 2, 16, 5, StepKind::prefill);
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)) == Spans{{10, 10}});
}

TEST_CASE("the auxiliary thread's tokens and attention are not the main thread's") {
  EvictionController controller({.name = "streaming", .budget_tokens = 8}, 4);
  fill(controller, 0, 0, 8, StepKind::prefill);
  const std::vector<std::int32_t> tokens(9, 1);
  controller.observe(
      TokensFilled{EpisodeId{0}, Thread::auxiliary, StepKind::prefill, 0, 0, 8, tokens});
  CHECK(controller.live_tokens() == 8);
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)).empty());
}

TEST_CASE("tokens that don't continue the sequence are an input error") {
  EvictionController controller({}, 4);
  fill(controller, 0, 0, 8, StepKind::prefill);
  CHECK_THROWS_AS(fill(controller, 1, 9, 1), Error);
}
