// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/snap_scores.h"
#include "tests/unit/kv/policy_scores.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;
using kv::Victim;

namespace {

/// A prompt of 10 tokens with a window of 2 (tokens 8 and 9) and a budget of 6, and the first
/// decoded token: 11 live, so 5 of the tokens 0 to 7 go.
EvictionController ten_tokens(const std::string& pool) {
  EvictionController controller({.name = "snapkv",
                                 .params = {{"window", "2"}, {"kernel", "3"}, {"pool", pool}},
                                 .budget_tokens = 6},
                                1);
  fill(controller, 0, 0, 10, StepKind::prefill);
  attend(controller, 0, first_pages(10),
         {0.3F, 0.0F, 0.0F, 0.06F, 0.0F, 0.09F, 0.0F, 0.0F, /*window*/ 0.25F, 0.3F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  fill(controller, 1, 10, 1);
  return controller;
}

Spans victims_of(const std::string& pool) {
  EvictionController controller = ten_tokens(pool);
  return spans_of(controller.victims(DecisionPoint::step_end));
}

kv::SnapConfig preset(const std::string& name) {
  return kv::snap_config(Params("snapkv", kv::snap_params(), {{"preset", name}}), "snapkv");
}

}  // namespace

TEST_CASE("SnapKV keeps what the prompt's window attends to, and the window") {
  // Without pooling tokens 0, 5 and 3 are worth 0.3, 0.09 and 0.06, the others nothing.
  CHECK(victims_of("none") == Spans{{1, 1}, {2, 1}, {4, 1}, {6, 1}, {7, 1}});
}

TEST_CASE("pooled by the average, a token shares in its neighbours' attention") {
  // Sums of three, zeros beyond the ends, the window left out:
  //   token  0    1    2     3     4     5     6     7
  //   sum    0.3  0.3  0.06  0.06  0.15  0.09  0.09  0
  CHECK(victims_of("average") == Spans{{7, 1}, {2, 1}, {3, 1}, {5, 1}, {6, 1}});
}

TEST_CASE("pooled by the maximum, a token is worth its best neighbour") {
  //   token  0    1    2     3     4     5     6     7
  //   most   0.3  0.3  0.06  0.06  0.09  0.09  0.09  0
  CHECK(victims_of("max") == Spans{{7, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}});
}

TEST_CASE("SnapKV keeps the window whatever attention it gets") {
  // 6 prompt tokens, window 2, budget 5, one decoded: of 7 tokens two go. Tokens 4 and 5 have
  // nothing, but are the window; of 0 to 3 the least are 2 and 0.
  EvictionController controller(
      {.name = "snapkv", .params = {{"window", "2"}, {"pool", "none"}}, .budget_tokens = 5}, 1);
  fill(controller, 0, 0, 6, StepKind::prefill);
  attend(controller, 0, first_pages(6), {0.2F, 0.4F, 0.1F, 0.3F, 0.0F, 0.0F});
  fill(controller, 1, 6, 1);
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == Spans{{2, 1}, {0, 1}});
}

TEST_CASE("at a period, SnapKV's window is that of the last decoded queries") {
  // Window 2: the scores behind position 5 are of the queries 4 and 5, over tokens 0 to 3. Query 3
  // is forgotten. Query 4 gives 0.1, 0, 0.1, 0 and so 1/2, 0, 1/2, 0; query 5 gives 0, 0, 0, 0.8
  // and so 0, 0, 0, 1. Means: 1/4, 0, 1/4, 1/2.
  auto policy = make_policy("snapkv", {{"preset", "rkv-decode"}, {"window", "2"}, {"pool", "none"}},
                            {.page_size = 1, .budget_tokens = 8});
  fill(*policy, 0, 0, 3, StepKind::prefill);
  decode(*policy, 3, {0.0F, 1.0F, 0.0F, 0.0F});
  decode(*policy, 4, {0.1F, 0.0F, 0.1F, 0.0F, 0.8F});
  decode(*policy, 5, {0.0F, 0.0F, 0.0F, 0.8F, 0.1F, 0.1F});
  CHECK(scores_of(*policy, 4) == std::vector<float>{0.25F, 0.0F, 0.25F, 0.5F});
}

TEST_CASE("SnapKV appends what is decoded without limit, until the next prefill") {
  EvictionController controller = ten_tokens("none");
  for (const TokenSpan& span : spans_of(controller.victims(DecisionPoint::step_end))) {
    evicted(controller, span);
  }
  CHECK(controller.live_tokens() == 6);
  decode(controller, 11, {0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  // A tool's response of 4 tokens: its last queries look at token 3 and no more at token 0. Live
  // are 0, 3, 5, 8 to 15 and the next decoded token 16; the window is 14 and 15. All but token 3
  // (0.6) and the best of the rest, token 8 (0.2), go.
  fill(controller, 12, 12, 4, StepKind::prefill);
  attend(controller, 12, {0, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15},
         {0.0F, 0.6F, 0.0F, 0.2F, 0.0F, 0.0F, 0.0F, 0.0F, 0.1F, 0.05F, 0.05F});
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  fill(controller, 13, 16, 1);
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) ==
        Spans{{0, 1}, {5, 1}, {9, 1}, {10, 1}, {11, 1}, {12, 1}});
}

TEST_CASE("SnapKV's heads each keep what their own window attends to") {
  // 4 prompt tokens, window 1, budget 4, one decoded: one of tokens 0 to 2 goes from each head.
  const kv::KvShape shape{.layers = 2, .kv_heads = 1};
  EvictionController controller(
      {.name = "snapkv", .params = {{"window", "1"}, {"pool", "none"}}, .budget_tokens = 4}, 1, 0,
      shape);
  fill(controller, 0, 0, 4, StepKind::prefill);
  attend_heads(controller, 0, shape, first_pages(4),
               {0.1F, 0.3F, 0.2F, 0.4F, /*layer 1*/ 0.3F, 0.2F, 0.1F, 0.4F});
  fill(controller, 1, 4, 1);
  CHECK(controller.victims(DecisionPoint::step_end) == Victims{{{0, 1}, {0, 0}}, {{2, 1}, {1, 0}}});
}

TEST_CASE("SnapKV's presets are those of the implementations they are named after") {
  const kv::SnapConfig official = preset("official");
  CHECK(official.window == 32);
  CHECK(official.kernel == 5);
  CHECK(official.pool == kv::Pool::average);
  const kv::SnapConfig longbench = preset("official-longbench");
  CHECK(longbench.window == 32);
  CHECK(longbench.kernel == 7);
  CHECK(longbench.pool == kv::Pool::max);
  const kv::SnapConfig kvpress = preset("kvpress");
  CHECK(kvpress.window == 64);
  CHECK(kvpress.kernel == 5);
  CHECK(kvpress.pool == kv::Pool::average);
  CHECK(kvpress.group == kv::GroupMass::mean);
  const kv::SnapConfig rkv = preset("rkv-decode");
  CHECK(rkv.window == 8);
  CHECK(rkv.kernel == 7);
  CHECK(rkv.pool == kv::Pool::max);
  CHECK(rkv.group == kv::GroupMass::max);
}

TEST_CASE("a parameter of SnapKV overrides its preset, an unknown preset is refused") {
  const kv::SnapConfig config = kv::snap_config(
      Params("snapkv", kv::snap_params(), {{"preset", "kvpress"}, {"kernel", "3"}}), "snapkv");
  CHECK(config.window == 64);
  CHECK(config.kernel == 3);
  CHECK_THROWS_AS(preset("offical"), Error);
}

TEST_CASE("only the preset for decoding decides at a period, prefill or not") {
  const kv::PolicyContext context{.page_size = 1, .budget_tokens = 64};
  const auto once = make_policy("snapkv", {}, context);
  const auto often = make_policy("snapkv", {{"preset", "rkv-decode"}}, context);
  CHECK(once->decides({.length = 200, .after_prefill = true}));
  CHECK_FALSE(once->decides({.length = 256, .after_prefill = false}));
  CHECK(often->decides({.length = 256, .after_prefill = false}));
  CHECK_FALSE(often->decides({.length = 200, .after_prefill = true}));
}

TEST_CASE("what a layer's window leaves out does not count among its neighbours") {
  // Sums of three over tokens 2 to 4, of which zeros lie to the left: 0.6 / 3 for tokens 2 and 3.
  const auto policy = make_policy("snapkv", {{"window", "1"}, {"kernel", "3"}, {"pool", "average"}},
                                  {.page_size = 1, .budget_tokens = 1 << 20, .shape = {}});
  const std::vector<std::int32_t> pages = first_pages(6);
  const std::vector<float> masses{0.0F, 0.0F, 0.3F, 0.3F, 0.0F, 0.4F};
  const std::vector<std::int32_t> first_page{2};
  fill(*policy, 0, 0, 6, StepKind::prefill);
  policy->observe(PagesAttended{.episode = EpisodeId{0},
                                .thread = Thread::main,
                                .step = 0,
                                .query_rows = 1,
                                .layers = 1,
                                .kv_heads = 1,
                                .pages = pages,
                                .mean = masses,
                                .max = masses,
                                .first_page = first_page});
  const std::vector<float> keep = scores_of(*policy, 4);
  CHECK(keep[2] == Approx(0.2));
  CHECK(keep[3] == Approx(0.2));
  // And goes first.
  CHECK(keep[0] < 0.0F);
  CHECK(keep[1] < 0.0F);
}
