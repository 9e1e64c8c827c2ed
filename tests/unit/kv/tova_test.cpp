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

namespace {

/// Four tokens, three of which may stay, in two layers of two KV heads.
EvictionController two_layers(const std::string& sharing) {
  const kv::KvShape shape{.layers = 2, .kv_heads = 2};
  EvictionController controller(
      {.name = "tova", .params = {{"sharing", sharing}}, .budget_tokens = 3}, 1, 0, shape);
  fill(controller, 0, 0, 3, StepKind::prefill);
  fill(controller, 1, 3, 1);
  attend_heads(controller, 1, shape, {0, 1, 2, 3},
               {0.1F, 0.2F, 0.3F, 0.4F, /*head 1*/ 0.5F, 0.15F, 0.25F, 0.1F, 0.4F, 0.3F, 0.1F, 0.2F,
                /*head 1*/ 0.1F, 0.3F, 0.3F, 0.3F});
  return controller;
}

}  // namespace

TEST_CASE("TOVA drops what the last query attends to least, whatever came before") {
  // Budget 4. Token 0 had 0.7 of the prompt's attention and has 0.05 of the last query's; the
  // newest token has less, but is being written.
  EvictionController controller({.name = "tova", .budget_tokens = 4}, 1);
  fill(controller, 0, 0, 4, StepKind::prefill);
  attend(controller, 0, {0, 1, 2, 3}, {0.7F, 0.1F, 0.1F, 0.1F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  decode(controller, 4, {0.05F, 0.3F, 0.25F, 0.39F, 0.01F});
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == Spans{{0, 1}});
}

TEST_CASE("TOVA cuts a prompt that is over the budget right behind its prefill") {
  // Six tokens, budget 4: the two least of 0 to 4 go, the least first.
  EvictionController controller({.name = "tova", .budget_tokens = 4}, 1);
  fill(controller, 0, 0, 6, StepKind::prefill);
  attend(controller, 0, {0, 1, 2, 3, 4, 5}, {0.3F, 0.1F, 0.2F, 0.05F, 0.15F, 0.2F});
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == Spans{{3, 1}, {1, 1}});
}

TEST_CASE("a layer's heads share TOVA's choice, layers don't") {
  // Layer 0's means of tokens 0 to 2: 0.3, 0.175, 0.275; layer 1's: 0.25, 0.3, 0.2.
  EvictionController controller = two_layers("layer");
  CHECK(controller.victims(DecisionPoint::step_end) ==
        Victims{{{1, 1}, {.layer = 0}}, {{2, 1}, {.layer = 1}}});
}

TEST_CASE("with a choice for each head TOVA goes by the head's own row") {
  EvictionController controller = two_layers("head");
  CHECK(controller.victims(DecisionPoint::step_end) ==
        Victims{{{0, 1}, {0, 0}}, {{1, 1}, {0, 1}}, {{2, 1}, {1, 0}}, {{0, 1}, {1, 1}}});
}

TEST_CASE("a scope that has lost its share chooses no more, the others go on") {
  EvictionController controller = two_layers("layer");
  evicted_from(controller, {.layer = 0}, {1, 1});
  CHECK(controller.victims(DecisionPoint::step_end) == Victims{{{2, 1}, {.layer = 1}}});
}

TEST_CASE("TOVA reduces a group of query heads as asked") {
  // Means 0.3 and 0.2 of tokens 0 and 1, maxima 0.3 and 0.5.
  const std::vector<std::int32_t> pages{0, 1};
  const std::vector<float> mean{0.3F, 0.2F};
  const std::vector<float> max{0.3F, 0.5F};
  for (const auto* group : {"mean", "max"}) {
    CAPTURE(group);
    auto policy = make_policy("tova", {{"group", group}}, {.page_size = 1, .budget_tokens = 4});
    fill(*policy, 0, 0, 2);
    policy->observe(PagesAttended{EpisodeId{0}, Thread::main, 0, 1, 1, 1, pages, mean, max});
    CHECK(scores_of(*policy, 2) == (group == std::string("mean") ? mean : max));
  }
}
