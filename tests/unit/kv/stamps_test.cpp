// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// RaaS and LRU, which keep what was used last.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;
using kv::Victim;

namespace {

/// A prompt of one token and four decoded ones; one token too many at the end. The budget of 4
/// holds 4 pages of one token, the better half of which are 2.
EvictionController five_tokens(const kv::PolicySpec& spec) {
  EvictionController controller(spec, 1);
  fill(controller, 0, 0, 1, StepKind::prefill);
  attend(controller, 0, {0}, {1.0F});
  decode(controller, 1, {0.5F, 0.5F});
  decode(controller, 2, {0.2F, 0.35F, 0.45F});
  decode(controller, 3, {0.1F, 0.3F, 0.1F, 0.5F});
  decode(controller, 4, {0.1F, 0.05F, 0.05F, 0.3F, 0.5F});
  return controller;
}

Spans victims_of(const kv::PolicySpec& spec) {
  EvictionController controller = five_tokens(spec);
  return spans_of(controller.victims(DecisionPoint::step_end));
}

}  // namespace

TEST_CASE("RaaS stamps the better half of the pages that the budget holds") {
  // Stamps of tokens 0 to 4 by the step's two best: step 1: 0 1; 2: 1 2; 3: 1 3; 4: 3 4. The last
  // ones: 0: 1, 1: 3, 2: 2, 3: 4, 4: 4. Token 0 is the prompt, so token 2 goes.
  CHECK(victims_of({.name = "raas", .budget_tokens = 4}) == Spans{{2, 1}});
}

TEST_CASE("RaaS keeps the prompt unless asked not to") {
  CHECK(victims_of({.name = "raas", .params = {{"protect_prompt", "false"}}, .budget_tokens = 4}) ==
        Spans{{0, 1}});
}

TEST_CASE("RaaS with alpha stamps what reaches alpha, few or many") {
  // With 0.4: step 1: 0 1; 2: 2; 3: 3; 4: 4. The last ones: 1: 1, 2: 2. So token 1 goes.
  CHECK(victims_of({.name = "raas",
                    .params = {{"stamp", "alpha"}, {"alpha", "0.4"}},
                    .budget_tokens = 4}) == Spans{{1, 1}});
}

TEST_CASE("RaaS cannot keep to a budget below the prompt and evicts nothing of it") {
  EvictionController controller({.name = "raas", .budget_tokens = 4}, 1);
  fill(controller, 0, 0, 6, StepKind::prefill);
  attend(controller, 0, first_pages(6), {0.5F, 0.1F, 0.1F, 0.1F, 0.1F, 0.1F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  decode(controller, 6, {0.5F, 0.1F, 0.1F, 0.1F, 0.1F, 0.0F, 0.1F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  // What is decoded is all there is to choose from.
  decode(controller, 7, {0.5F, 0.1F, 0.1F, 0.1F, 0.1F, 0.0F, 0.0F, 0.1F});
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == Spans{{6, 1}});
}

TEST_CASE("LRU drops what was used the longest ago, the prompt too") {
  // Uses with 0.3: step 1: 0 1; 2: 1 2; 3: 1 3; 4: 3 4. So token 0 of step 1 goes.
  CHECK(victims_of({.name = "lru", .params = {{"alpha", "0.3"}}, .budget_tokens = 4}) ==
        Spans{{0, 1}});
}

TEST_CASE("for LRU, how often a token was used does not matter") {
  // Token 1 was used in steps 1 to 3, token 0 once in step 4, exactly at the bar, token 2 in 2.
  auto policy = make_policy("lru", {{"alpha", "0.25"}}, {.page_size = 1, .budget_tokens = 4});
  fill(*policy, 0, 0, 1, StepKind::prefill);
  decode(*policy, 1, {0.0F, 1.0F});
  decode(*policy, 2, {0.0F, 0.5F, 0.5F});
  decode(*policy, 3, {0.0F, 1.0F, 0.0F, 0.0F});
  decode(*policy, 4, {0.25F, 0.2F, 0.2F, 0.2F, 0.15F});
  const auto keep = scores_of(*policy, 3);
  CHECK(keep[2] < keep[1]);
  CHECK(keep[1] < keep[0]);
}

TEST_CASE("each head drops what it used the longest ago itself") {
  // Both tokens are new in step 0. Head 0 uses token 0 in step 1 and head 1 token 1; with one row
  // for both heads, neither is used in step 1, and the tie falls to the older.
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  const auto victims = [&shape](const std::string& sharing) {
    EvictionController controller(
        {.name = "lru", .params = {{"alpha", "0.3"}, {"sharing", sharing}}, .budget_tokens = 2}, 1,
        0, shape);
    fill(controller, 0, 0, 2, StepKind::prefill);
    attend_heads(controller, 0, shape, {0, 1}, {0.5F, 0.5F, 0.5F, 0.5F});
    fill(controller, 1, 2, 1);
    attend_heads(controller, 1, shape, {0, 1, 2}, {0.4F, 0.1F, 0.5F, /*head 1*/ 0.1F, 0.4F, 0.5F});
    return controller.victims(DecisionPoint::step_end);
  };
  CHECK(victims("head") == Victims{{{1, 1}, {0, 0}}, {{0, 1}, {0, 1}}});
  CHECK(victims("all") == Victims{{{0, 1}, {}}});
}
