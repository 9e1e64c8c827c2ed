// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
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

using Catch::Matchers::WithinAbs;

namespace {

constexpr float kActive = 0.2F;
constexpr float kSilent = 0.05F;

/// Scores of four prompt tokens after so many decode steps with alpha 0.1. Up to step 10, token 0
/// is active in every step, token 1 in steps 2, 4, ..., token 2 in 5 and 10; token 3 never is.
std::vector<float> scores_after(const std::string& form, std::int32_t steps) {
  auto policy = make_policy("lazy", {{"form", form}, {"window", "1"}, {"alpha", "0.1"}},
                            {.page_size = 1, .budget_tokens = 8});
  fill(*policy, 0, 0, 4, StepKind::prefill);
  attend(*policy, 0, first_pages(4), {0.25F, 0.25F, 0.25F, 0.25F});
  for (std::int32_t t = 1; t <= steps; ++t) {
    std::vector<float> masses(static_cast<std::size_t>(4 + t), kSilent);
    if (t <= 10) {
      masses[0] = kActive;
      if (t % 2 == 0) masses[1] = kActive;
      if (t % 5 == 0) masses[2] = kActive;
    }
    decode(*policy, 3 + t, masses);
  }
  return scores_of(*policy, 4);
}

/// Three prompt tokens and ten decode steps with W = 10 and a budget of 12, one below what is live.
/// Token 0 is active in 2, 4 and 6, token 1 in 5 and 10, token 2 always.
Spans victims_at_step_ten(const std::string& form) {
  EvictionController controller({.name = "lazy",
                                 .params = {{"form", form}, {"window", "10"}, {"alpha", "0.1"}},
                                 .budget_tokens = 12},
                                1);
  fill(controller, 0, 0, 3, StepKind::prefill);
  for (std::int32_t t = 1; t <= 10; ++t) {
    std::vector<float> masses(static_cast<std::size_t>(3 + t), kSilent);
    if (t == 2 || t == 4 || t == 6) masses[0] = kActive;
    if (t % 5 == 0) masses[1] = kActive;
    masses[2] = kActive;
    decode(controller, 2 + t, masses);
    if (t < 10) CHECK(controller.victims(DecisionPoint::step_end).empty());
  }
  return spans_of(controller.victims(DecisionPoint::step_end));
}

}  // namespace

TEST_CASE("LazyEviction's H1 is 1 at age 0 in the paper's form, and H2 falls with the MRI") {
  // All three were active in step 10. Gaps: token 0 1 - 0 = 1 and then 1s, token 1 2s, token 2 5s.
  // H2 = 2 / (1 + e^(MRI - 1)): 1, 2 / 3.71828 = 0.53788, 2 / 55.598 = 0.03597.
  const auto keep = scores_after("paper", 10);
  CHECK_THAT(keep[0], WithinAbs(1.0 + 1.0, 1e-5));
  CHECK_THAT(keep[1], WithinAbs(1.0 + 0.53788, 1e-4));
  CHECK_THAT(keep[2], WithinAbs(1.0 + 0.03597, 1e-4));
}

TEST_CASE("LazyEviction's H1 is 0.538 at age 0 in the code's form") {
  // H1 = 2 / (1 + e^1) = 0.53788; H2 as in the paper's form.
  const auto keep = scores_after("code", 10);
  CHECK_THAT(keep[0], WithinAbs(0.53788 + 1.0, 1e-4));
  CHECK_THAT(keep[1], WithinAbs(0.53788 + 0.53788, 1e-4));
  CHECK_THAT(keep[2], WithinAbs(0.53788 + 0.03597, 1e-4));
}

TEST_CASE("H1 goes by the silence in units of the longest silence so far") {
  // At step 13 the age is 3. Paper: token 0, 3 / 1: 2 / (1 + e^3) = 0.09485; token 2, 3 / 5:
  // 2 / (1 + e^0.6) = 0.70869. Code: 2 / (1 + e^4) = 0.03597; 2 / (1 + e^1.6) = 0.33596.
  const auto paper = scores_after("paper", 13);
  CHECK_THAT(paper[0], WithinAbs(0.09485 + 1.0, 1e-4));
  CHECK_THAT(paper[2], WithinAbs(0.70869 + 0.03597, 1e-4));
  const auto code = scores_after("code", 13);
  CHECK_THAT(code[0], WithinAbs(0.03597 + 1.0, 1e-4));
  CHECK_THAT(code[2], WithinAbs(0.33596 + 0.03597, 1e-4));
}

TEST_CASE("a token that was never active scores 0") {
  // Its prompt attention, 0.25, was above alpha, but activations count in decode steps only.
  CHECK_THAT(scores_after("paper", 10)[3], WithinAbs(0.0, 1e-6));
  CHECK_THAT(scores_after("code", 10)[3], WithinAbs(0.0, 1e-6));
}

TEST_CASE("a fresh token that is active at once has an MRI of 1") {
  // Token 2 enters at step 2 with TS = 1 and is active in step 2: gap 1, age 0 there, so 1 + 1.
  // Token 1 enters at step 1 with TS = 0 and is active in step 2: gap 2, so 1 + 0.53788.
  auto policy = make_policy("lazy", {{"window", "1"}, {"alpha", "0.1"}},
                            {.page_size = 1, .budget_tokens = 8});
  fill(*policy, 0, 0, 1, StepKind::prefill);
  decode(*policy, 1, {0.95F, kSilent});
  decode(*policy, 2, {0.0F, 0.5F, 0.5F});
  fill(*policy, 3, 3, 1);  // without attention yet, so that token 2 is not in the window of 1
  const auto keep = scores_of(*policy, 3);
  // Both are one step old by now. MRI 1: 2 / (1 + e^1) + 1; MRI 2: 2 / (1 + e^0.5) + 0.53788.
  CHECK_THAT(keep[2], WithinAbs(0.53788 + 1.0, 1e-4));
  CHECK_THAT(keep[1], WithinAbs(0.75508 + 0.53788, 1e-4));
}

TEST_CASE("the two forms of LazyEviction choose differently") {
  // At step 10: token 0, MRI 2, age 4: paper 2 / (1 + e^2) + 0.538 = 0.776, code 2 / (1 + e^3) +
  // 0.538 = 0.633. Token 1, MRI 5, age 0: paper 1.036, code 0.574. Token 2: 2 and 1.538.
  CHECK(victims_at_step_ten("paper") == Spans{{0, 1}});
  CHECK(victims_at_step_ten("code") == Spans{{1, 1}});
}

TEST_CASE("LazyEviction cuts to the budget every W decode steps and not in between") {
  // W = 3, budget 5, 6 prompt tokens: over the budget from the start.
  EvictionController controller({.name = "lazy", .params = {{"window", "3"}}, .budget_tokens = 5},
                                1);
  fill(controller, 0, 0, 6, StepKind::prefill);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  for (std::int32_t t = 1; t <= 6; ++t) {
    CAPTURE(t);
    fill(controller, t, 5 + t, 1);
    const Spans victims = spans_of(controller.victims(DecisionPoint::step_end));
    for (const TokenSpan& span : victims) {
      evicted(controller, span);
      CHECK(span.end() <= 6 + t - 3);  // the last W tokens stay
    }
    CHECK(controller.live_tokens() == (t < 3 ? 6 + t : 5 + t % 3));
  }
}

TEST_CASE("each head has recurrences of its own") {
  // W = 2, budget 4, 3 prompt tokens: one goes at step 2. Head 0's query never looks at token 1,
  // head 1's never at token 0.
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  EvictionController controller(
      {.name = "lazy", .params = {{"window", "2"}, {"alpha", "0.1"}}, .budget_tokens = 4}, 1, 0,
      shape);
  fill(controller, 0, 0, 3, StepKind::prefill);
  fill(controller, 1, 3, 1);
  attend_heads(controller, 1, shape, first_pages(4),
               {0.4F, 0.0F, 0.4F, 0.2F, /*head 1*/ 0.0F, 0.4F, 0.4F, 0.2F});
  fill(controller, 2, 4, 1);
  attend_heads(controller, 2, shape, first_pages(5),
               {0.4F, 0.0F, 0.4F, 0.2F, 0.0F, /*head 1*/ 0.0F, 0.4F, 0.4F, 0.2F, 0.0F});
  CHECK(controller.victims(DecisionPoint::step_end) == Victims{{{1, 1}, {0, 0}}, {{0, 1}, {0, 1}}});
}
