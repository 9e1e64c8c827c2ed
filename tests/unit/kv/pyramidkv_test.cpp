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

/// Budgets of the scopes of a 2-head model at the first token that is decoded behind a prompt.
/// Window 8, budget 129: 120 beside the window and the decoded token, on average.
std::vector<std::int32_t> budgets(std::int32_t layers, std::int32_t prompt,
                                  std::int32_t budget = 129) {
  const kv::KvShape shape{.layers = layers, .kv_heads = 2};
  auto policy = make_policy("pyramidkv", {{"window", "8"}},
                            {.page_size = 1, .budget_tokens = budget, .shape = shape});
  fill(*policy, 0, 0, prompt, StepKind::prefill);
  fill(*policy, 1, prompt, 1);
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
  // 4 * 120 in all. With the window and the decoded token 9 more; both heads of a layer alike.
  CHECK(budgets(4, 1000) == Budgets{243, 243, 167, 167, 91, 91, 15, 15});
}

TEST_CASE("PyramidKV's steps are rounded down, so that the top layers keep a little more") {
  // Budget 110: c = 101, m = 5, M = 202 - 5 = 197, step 192 / 5 = 38: 197, 159, 121, 83, 45, 7.
  CHECK(budgets(6, 1000, 110) == Budgets{206, 206, 168, 168, 130, 130, 92, 92, 54, 54, 16, 16});
}

TEST_CASE("a prompt that is shorter than PyramidKV's bottom layer bounds it") {
  // 240 tokens, 232 beside the window, fewer than M = 234: M = 232, m = 240 - 232 = 8, step
  // 224 / 3 = 74: 232, 158, 84, 10.
  CHECK(budgets(4, 240) == Budgets{241, 241, 167, 167, 93, 93, 19, 19});
}

TEST_CASE("PyramidKV is uniform for prompts below twice the budget beside the window") {
  CHECK(budgets(4, 239) == Budgets(8, 129));
}

TEST_CASE("PyramidKV's layers are cut to their budgets") {
  // Window 1, budget 9, beta 3: c = 7, m = 2, M = 12: two layers keep 14 and 4 of 20 tokens. The
  // window, token 18, and the decoded token 19 stay in any case.
  const kv::KvShape shape{.layers = 2, .kv_heads = 1};
  EvictionController controller({.name = "pyramidkv",
                                 .params = {{"window", "1"}, {"beta", "3"}, {"pool", "none"}},
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
  CHECK(controller.tokens().of(0).total() == 14);
  CHECK(controller.tokens().of(1).total() == 4);
  CHECK(controller.tokens().of(0).in({6, 14}) == 14);  // ties went by age
  CHECK(controller.tokens().of(1).in({4, 1}) == 1);
  CHECK(controller.tokens().of(1).in({18, 2}) == 2);
}
