// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Which tokens are of a class, how many of them go and when. All cases are worked by hand.
#include <algorithm>
#include <set>
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

using Positions = std::set<std::int32_t>;

namespace {

kv::PolicySpec ablate(ParamTexts params, std::int32_t count, std::int32_t at) {
  params["count"] = std::to_string(count);
  params["at"] = std::to_string(at);
  return {.name = "ablate", .params = std::move(params)};
}

Positions range(std::int32_t first, std::int32_t end) {
  Positions positions;
  for (std::int32_t i = first; i < end; ++i) positions.insert(i);
  return positions;
}

Positions united(Positions one, const Positions& other) {
  one.insert(other.begin(), other.end());
  return one;
}

Positions positions_of(const Victims& victims) {
  Positions positions;
  for (const kv::Victim& victim : victims) {
    for (std::int32_t i = 0; i < victim.span.count; ++i) positions.insert(victim.span.first + i);
  }
  return positions;
}

/// Fills one token a step, from `first` to before `end`, and gives what goes at the last of them.
Positions write(EvictionController& controller, std::int32_t first, std::int32_t end) {
  Positions dropped;
  for (std::int32_t i = first; i < end; ++i) {
    fill(controller, i, i, 1);
    dropped = positions_of(controller.victims(DecisionPoint::step_end));
  }
  return dropped;
}

/// A prompt of 10 tokens, 20 decode steps, a call of 3 tokens whose last one comes with the
/// response of 12 and a token of the format's around it on either side, and 40 decode steps:
/// 0 to 9 prompt, 10 to 27 thought, 28 to 30 call, 31 the format's, 32 to 43 response, 44 the
/// format's, 45 to 84 thought. The newest 32 are no class's, which leaves 0 to 52.
Positions dropped_of_turns(const kv::PolicySpec& spec) {
  EvictionController controller(spec, 1);
  fill(controller, 0, 0, 10, StepKind::prefill);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  CHECK(write(controller, 10, 30).empty());
  respond(controller, 0, {28, 3}, {32, 12});
  fill(controller, 30, 30, 15, StepKind::prefill);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  return write(controller, 45, 85);
}

Positions all_of(const char* where) {
  return dropped_of_turns(ablate({{"where", where}}, 999, 60));
}

}  // namespace

TEST_CASE("each place has its tokens, without the newest 32") {
  CHECK(all_of("any") == range(0, 53));
  CHECK(all_of("prompt") == range(0, 10));
  CHECK(all_of("sink") == range(0, 4));
  CHECK(all_of("call") == range(28, 31));
  CHECK(all_of("response") == range(32, 44));
  CHECK(all_of("thought") == united(range(10, 28), range(45, 53)));
  // Half of what is behind the prompt, which is 75 tokens: up to position 46.
  CHECK(all_of("early") == united(range(10, 28), range(45, 47)));
  CHECK(all_of("late") == range(47, 53));
}

TEST_CASE("exactly the count goes, of the class alone") {
  const Positions some = dropped_of_turns(ablate({{"where", "response"}}, 5, 60));
  CHECK(some.size() == 5);
  CHECK(std::ranges::includes(range(32, 44), some));
}

TEST_CASE("tokens go at the step that is named and never again") {
  EvictionController controller(ablate({{"where", "any"}}, 3, 50), 1);
  fill(controller, 0, 0, 10, StepKind::prefill);
  Positions steps;
  for (std::int32_t step = 1; step <= 80; ++step) {
    fill(controller, step, 9 + step, 1);
    if (!controller.victims(DecisionPoint::step_end).empty()) steps.insert(step);
  }
  CHECK(steps == Positions{50});
}

TEST_CASE("every token of a place is as likely to go") {
  // 3 of 12, 400 times: 100 are expected of each, with a deviation of 8.7.
  std::vector<int> counts(44);
  for (int seed = 0; seed < 400; ++seed) {
    const auto spec = ablate({{"where", "response"}, {"seed", std::to_string(seed)}}, 3, 60);
    for (const std::int32_t position : dropped_of_turns(spec)) {
      ++counts[static_cast<std::size_t>(position)];
    }
  }
  for (std::size_t position = 32; position < 44; ++position) {
    CAPTURE(position);
    CHECK(counts[position] > 60);
    CHECK(counts[position] < 140);
  }
}

TEST_CASE("with a count there is no budget, and none is taken") {
  CHECK_NOTHROW(EvictionController(ablate({}, 3, 50), 1));
  kv::PolicySpec spec = ablate({}, 3, 50);
  spec.budget_tokens = 100;
  CHECK_THROWS_WITH(EvictionController(spec, 1), Catch::Contains("takes none"));
  CHECK_THROWS_WITH(EvictionController({.name = "ablate"}, 1), Catch::Contains("needs a budget"));
  CHECK_FALSE(kv::needs_of(ablate({}, 3, 50)).budget);
  CHECK(kv::needs_of({.name = "ablate"}).budget);
}

TEST_CASE("a count without its step and a step without its count are refused") {
  CHECK_THROWS_WITH(EvictionController(ablate({}, 3, 0), 1), Catch::Contains("without `at`"));
  CHECK_THROWS_WITH(EvictionController(ablate({}, 0, 5), 1), Catch::Contains("without `count`"));
}

TEST_CASE("unknown places and heads are refused with the ones there are") {
  CHECK_THROWS_WITH(EvictionController(ablate({{"where", "tail"}}, 3, 5), 1),
                    Catch::Contains("response, sink, thought"));
  CHECK_THROWS_WITH(EvictionController(ablate({{"heads", "steady"}}, 3, 5), 1),
                    Catch::Contains("random, stable, unstable"));
}

namespace {

constexpr kv::KvShape kFourHeads{.layers = 2, .kv_heads = 2};

/// Masses of the four heads on 40 pages: head 0 attends to the first four all the time, head 1 to
/// two of them and two others, heads 2 and 3 to four others each time.
std::vector<float> masses_at(std::int32_t window) {
  std::vector<float> masses(4 * 40);
  const auto attend_to = [&](std::int32_t head, std::int32_t page) {
    masses[static_cast<std::size_t>(head * 40 + page % 40)] = 0.25F;
  };
  for (std::int32_t i = 0; i < 4; ++i) {
    attend_to(0, i);
    attend_to(1, i < 2 ? i : 4 + 2 * window + i);
    attend_to(2, 4 * window + i);
    attend_to(3, 4 * window + i + 8);
  }
  return masses;
}

/// Heads that lose something at decode step 49, behind a prompt of 40 tokens.
std::vector<kv::Scope> heads_that_lose(const char* heads) {
  EvictionController controller(ablate({{"where", "any"}, {"heads", heads}}, 6, 49), 1, 0,
                                kFourHeads);
  fill(controller, 0, 0, 40, StepKind::prefill);
  for (std::int32_t step = 1; step <= 49; ++step) {
    fill(controller, step, 39 + step, 1);
    attend_heads(controller, step, kFourHeads, first_pages(40), masses_at((step - 1) / 16));
    if (step == 49) break;
    CHECK(controller.victims(DecisionPoint::step_end).empty());
  }
  std::vector<kv::Scope> losers;
  const Victims victims = controller.victims(DecisionPoint::step_end);
  CHECK(victims.size() == 6);
  for (const kv::Victim& victim : victims) losers.push_back(victim.scope);
  losers.erase(std::unique(losers.begin(), losers.end()), losers.end());
  return losers;
}

}  // namespace

TEST_CASE("stable heads are those that attend to the same pages a window later") {
  CHECK(heads_that_lose("stable") == std::vector{kv::Scope{0, 0}});
}

TEST_CASE("unstable heads are those that attend to other pages, the first of equals") {
  CHECK(heads_that_lose("unstable") == std::vector{kv::Scope{1, 0}});
}

TEST_CASE("random heads are a quarter, whatever they attend to") {
  CHECK(heads_that_lose("random").size() == 1);
}
