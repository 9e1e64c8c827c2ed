// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

using Catch::Matchers::WithinAbs;

namespace {

constexpr const char* kHalf = "0.6931471805599453";  // lambda = ln 2: half a turn later

/// A prefill step on pages of 4 whose queries, `rows` of them, give these mean masses.
template <class Observer>
void prefill(Observer& observer, std::int32_t step, TokenSpan span, std::int32_t rows,
             const std::vector<float>& masses) {
  fill(observer, step, span.first, span.count, StepKind::prefill);
  const auto pages = first_pages(static_cast<std::int32_t>(masses.size()));
  observer.observe(
      PagesAttended{EpisodeId{0}, Thread::main, step, rows, 1, 1, pages, masses, masses});
}

std::unique_ptr<kv::EvictionPolicy> unprotected() {
  return make_policy("intentkv-rule",
                     {{"lambda", kHalf}, {"window", "0"}, {"protect_prompt", "false"}},
                     {.page_size = 4, .budget_tokens = 64});
}

}  // namespace

TEST_CASE("IntentKV's memory decays by e^-lambda a turn") {
  // Turn 1: 4 queries at 0.25 and 0.75: memory 1, 3. What is decoded does not count. Turn 2 halves
  // it to 0.5, 1.5 and adds 2 queries at 0.5, 0.1, 0.2, 0.2: 1.5, 1.7, 0.4, 0.4. Turn 3 halves that
  // to 0.75, 0.85, 0.2, 0.2 and adds one query: 0.75, 0.85, 1.2, 0.2.
  auto policy = unprotected();
  prefill(*policy, 0, {0, 8}, 4, {0.25F, 0.75F});
  fill(*policy, 1, 8, 1);
  attend(*policy, 1, {0, 1, 2}, {0.9F, 0.05F, 0.05F});
  prefill(*policy, 2, {9, 7}, 2, {0.5F, 0.1F, 0.2F, 0.2F});
  const std::vector<double> second{1.5, 1.7, 0.4, 0.4};
  const auto keep = scores_of(*policy, 4, 0, 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(keep[i], WithinAbs(second[i], 1e-5));
  fill(*policy, 3, 16, 1);
  attend(*policy, 3, {0, 1, 2, 3, 4}, {0.9F, 0.025F, 0.025F, 0.025F, 0.025F});
  prefill(*policy, 4, {17, 3}, 1, {0.0F, 0.0F, 1.0F, 0.0F, 0.0F});
  const std::vector<double> third{0.75, 0.85, 1.2, 0.2};
  const auto later = scores_of(*policy, 4, 0, 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK_THAT(later[i], WithinAbs(third[i], 1e-5));
}

TEST_CASE("a prefill in several chunks is one turn") {
  // 4 queries and 2 queries, nothing decays in between: 4 * 1 + 2 * 0.5 and 2 * 0.5.
  auto policy = unprotected();
  prefill(*policy, 0, {0, 4}, 4, {1.0F});
  prefill(*policy, 1, {4, 4}, 2, {0.5F, 0.5F});
  const auto keep = scores_of(*policy, 2, 0, 4);
  CHECK_THAT(keep[0], WithinAbs(5.0, 1e-5));
  CHECK_THAT(keep[1], WithinAbs(1.0, 1e-5));
}

TEST_CASE("IntentKV decides behind each prefill, and keeps the prompt and the newest span") {
  // Pages of 4, budget 16, window 4. Prompt: page 0. Decoded: 4 to 8. A response fills 9 to 19.
  // Behind it 20 is decoded: 21 tokens, 5 too many. Page 0 is the prompt, page 4 the window
  // (17 to 20), page 5 is written; of pages 1 to 3 the least are 2 (0.1) and 3 (0.2).
  EvictionController controller(
      {.name = "intentkv-rule", .params = {{"window", "4"}}, .budget_tokens = 16}, 4);
  prefill(controller, 0, {0, 4}, 1, {1.0F});
  for (std::int32_t position = 4; position < 9; ++position) {
    fill(controller, position - 3, position, 1);
    CHECK(controller.victims(DecisionPoint::step_end).empty());
  }
  prefill(controller, 6, {9, 11}, 1, {0.0F, 0.7F, 0.1F, 0.2F, 0.0F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  fill(controller, 7, 20, 1);
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == Spans{{8, 4}, {12, 4}});
  // Still over the budget, as nobody evicted, but no prefill came before.
  fill(controller, 8, 21, 1);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
}
