// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
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

/// Budgets of the scopes of a 2-head model whose sequence is `length` tokens at the decision: a
/// prompt and the decoded token behind it. Window 8, budget 128: 120 beside the window on average.
std::vector<std::int32_t> budgets(std::int32_t layers, std::int32_t length,
                                  std::int32_t budget = 128) {
  const kv::KvShape shape{.layers = layers, .kv_heads = 2};
  auto policy = make_policy("pyramidkv", {{"window", "8"}},
                            {.page_size = 1, .budget_tokens = budget, .shape = shape});
  fill(*policy, 0, 0, length - 1, StepKind::prefill);
  fill(*policy, 1, length - 1, 1);
  std::vector<std::int32_t> tokens;
  for (std::int32_t scope = 0; scope < 2 * layers; ++scope) {
    tokens.push_back(policy->budget_tokens(scope, budget));
  }
  return tokens;
}

using Budgets = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("PyramidKV's budget falls from the bottom layer to the top one") {
  // m = 120 / 20 = 6, M = 240 - 6 = 234, step (234 - 6) / 3 = 76: 234, 158, 82, 6, which are
  // 4 * 120 in all. With the window 8 more; both heads of a layer alike.
  CHECK(budgets(4, 1000) == Budgets{242, 242, 166, 166, 90, 90, 14, 14});
}

TEST_CASE("PyramidKV's steps are rounded down, so that the top layers keep a little more") {
  // Budget 109: c = 101, m = 5, M = 202 - 5 = 197, step 192 / 5 = 38: 197, 159, 121, 83, 45, 7.
  CHECK(budgets(6, 1000, 109) == Budgets{205, 205, 167, 167, 129, 129, 91, 91, 53, 53, 15, 15});
}

TEST_CASE("a prompt that is shorter than PyramidKV's bottom layer bounds it") {
  // 240 tokens, 232 beside the window, fewer than M = 234: M = 232, m = 240 - 232 = 8, step
  // 224 / 3 = 74: 232, 158, 84, 10.
  CHECK(budgets(4, 240) == Budgets{240, 240, 166, 166, 92, 92, 18, 18});
}

TEST_CASE("PyramidKV is uniform for prompts below twice the budget beside the window") {
  CHECK(budgets(4, 239) == Budgets(8, 128));
}

TEST_CASE("PyramidKV's layers are cut to their budgets") {
  // Window 1, budget 9, beta 4: c = 8, m = 2, M = 14: two layers keep 15 and 3 of 20 tokens. The
  // window, token 18, and the decoded token 19 stay in any case.
  const kv::KvShape shape{.layers = 2, .kv_heads = 1};
  EvictionController controller({.name = "pyramidkv",
                                 .params = {{"window", "1"}, {"beta", "4"}, {"pool", "none"}},
                                 .budget_tokens = 9},
                                1, 0, shape);
  fill(controller, 0, 0, 19, StepKind::prefill);
  std::vector<float> masses(38, 0.0F);
  masses[17] = 0.5F;      // layer 0: token 17
  masses[19 + 4] = 0.5F;  // layer 1: token 4
  attend_heads(controller, 0, shape, first_pages(19), masses);
  fill(controller, 1, 19, 1);
  for (const Victim& victim : controller.victims(DecisionPoint::step_end)) {
    evicted_from(controller, victim.scope, victim.span);
  }
  CHECK(controller.tokens().of(0).total() == 15);
  CHECK(controller.tokens().of(1).total() == 3);
  CHECK(controller.tokens().of(0).in({5, 15}) == 15);  // ties went by age
  CHECK(controller.tokens().of(1).in({4, 1}) == 1);
  CHECK(controller.tokens().of(1).in({18, 2}) == 2);
}
