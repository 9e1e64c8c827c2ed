// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Decisions of a budget policy that take effect some steps later.
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

namespace {

constexpr kv::DecisionPoint kStepEnd = DecisionPoint::step_end;

kv::PolicySpec streaming(std::int32_t budget) {
  return {.name = "streaming", .params = {{"sink_tokens", "0"}}, .budget_tokens = budget};
}

/// One decoded token and the decision behind it; victims are evicted.
Spans decode(EvictionController& controller, std::int32_t position) {
  fill(controller, position, position, 1);
  const Spans victims = spans_of(controller.victims(kStepEnd));
  for (const TokenSpan& span : victims) evicted(controller, span);
  return victims;
}

/// (step): what went, of a run that decodes so many tokens on pages of 4.
std::vector<Spans> run(std::int32_t lag, std::int32_t tokens) {
  EvictionController controller(streaming(8), 4, lag);
  std::vector<Spans> all;
  for (std::int32_t position = 0; position < tokens; ++position) {
    all.push_back(decode(controller, position));
  }
  return all;
}

}  // namespace

TEST_CASE("what a step chooses goes as many steps later as the lag says") {
  // A window's choice depends on positions alone, so the lag only moves it.
  const std::int32_t lag = GENERATE(1, 2, 5);
  const std::vector<Spans> at_once = run(0, 60);
  const std::vector<Spans> later = run(lag, 60);
  CHECK(at_once.at(8) == Spans{{.first = 0, .count = 4}});
  for (std::int32_t step = 0; step < 60; ++step) {
    CAPTURE(lag, step);
    const auto index = static_cast<std::size_t>(step);
    CHECK(later[index] == (step < lag ? Spans{} : at_once[index - static_cast<std::size_t>(lag)]));
  }
}

TEST_CASE("what is chosen and not yet gone is not chosen again, and counts as gone") {
  EvictionController controller(streaming(8), 4, 2);
  fill(controller, 0, 0, 13, StepKind::prefill);  // 5 tokens too many: the pages 0 and 1
  CHECK(spans_of(controller.victims(kStepEnd)).empty());
  CHECK(decode(controller, 13).empty());  // within the budget without them
  CHECK(controller.live_tokens() == 14);
  fill(controller, 2, 14, 3);  // 9 tokens without them: page 2 as well
  const Spans first = spans_of(controller.victims(kStepEnd));
  CHECK(first == Spans{{.first = 0, .count = 4}, {.first = 4, .count = 4}});
  for (const TokenSpan& span : first) evicted(controller, span);
  CHECK(decode(controller, 17).empty());
  CHECK(decode(controller, 18) == Spans{{.first = 8, .count = 4}});
}

TEST_CASE("what is due at a step's end is known before the step's events") {
  EvictionController controller(streaming(8), 4, 1);
  std::int32_t dropped = 0;
  for (std::int32_t position = 0; position < 40; ++position) {
    CAPTURE(position);
    const Spans due = spans_of(controller.due());
    fill(controller, position, position, 1);
    const Spans victims = spans_of(controller.victims(kStepEnd));
    CHECK(victims == due);
    for (const TokenSpan& span : victims) evicted(controller, span);
    dropped += static_cast<std::int32_t>(victims.size());
  }
  CHECK(dropped == 8);
}

TEST_CASE("a chosen span that was lost in the meantime is left out") {
  EvictionController controller(streaming(8), 4, 1);
  fill(controller, 0, 0, 13, StepKind::prefill);
  CHECK(spans_of(controller.victims(kStepEnd)).empty());
  evicted(controller, {.first = 0, .count = 4});
  CHECK(spans_of(controller.due()) == Spans{{.first = 4, .count = 4}});
  fill(controller, 1, 13, 1);
  CHECK(spans_of(controller.victims(kStepEnd)) == Spans{{.first = 4, .count = 4}});
}

TEST_CASE("commands take effect at their turn boundary whatever the lag") {
  EvictionController controller({.name = "sidequest"}, 4, 3);
  fill(controller, 0, 0, 10, StepKind::prefill);
  respond(controller, 0, {6, 4}, {10, 10});
  fill(controller, 1, 10, 12, StepKind::prefill);
  CHECK(spans_of(controller.victims(kStepEnd)).empty());
  join(controller, {0});
  CHECK(spans_of(controller.due()).empty());
  CHECK(spans_of(controller.victims(DecisionPoint::turn_boundary)) ==
        Spans{{.first = 10, .count = 10}});
}
