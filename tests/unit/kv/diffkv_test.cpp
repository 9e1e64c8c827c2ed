// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/eviction_controller.h"
#include "tests/unit/kv/verdicts.h"

// Expected verdicts are computed by hand from the rule of the authors' code. Pages of one token,
// one layer and KV head unless said otherwise; the newest page is never a candidate.

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;

namespace {

using Pages = std::vector<std::int32_t>;
constexpr kv::Precision kHigh{.key_bits = 8, .value_bits = 4};
constexpr kv::Precision kLow{.key_bits = 4, .value_bits = 2};

std::unique_ptr<kv::EvictionPolicy> diffkv(ParamTexts params, std::int32_t page_size = 1) {
  params.try_emplace("recent", "1");
  return make_policy("diffkv", params, {.page_size = page_size, .budget_tokens = 0});
}

/// A prompt of four tokens with these masses, and a first decode step that repeats them.
template <class Observer>
void begin(Observer& observer, std::vector<float> masses) {
  fill(observer, 0, 0, 4, StepKind::prefill);
  attend(observer, 0, first_pages(4), masses);
  fill(observer, 1, 4, 1);
  masses.push_back(0.0F);
  attend(observer, 1, first_pages(5), masses);
}

/// Six positions, of which a uniform row gives 1/6 = 0.1667 each. Means of the tokens 0 to 3 over
/// three queries: 0.4, 0.2, 0.1467 and 0.16; token 4's is 0.14. The first four are stored with high
/// precision.
std::unique_ptr<kv::EvictionPolicy> decoding(const ParamTexts& params) {
  auto policy = diffkv(params);
  begin(*policy, {0.3F, 0.25F, 0.22F, 0.23F});
  requantise(*policy, {0, 4}, kHigh);
  fill(*policy, 2, 5, 1);
  attend(*policy, 2, first_pages(6), {0.6F, 0.1F, 0.0F, 0.02F, 0.28F, 0.0F});
  return policy;
}

const std::vector<StoredAs> kNewOneAlone{{4, 8, 4}};

}  // namespace

TEST_CASE("behind a prefill DiffKV judges the whole prompt against 1 / position") {
  // A uniform share of 0.2: below 0.1 a token goes, below 0.2 it is coarse.
  const auto policy = diffkv({{"prune", "0.5"}, {"quant", "1"}});
  begin(*policy, {0.55F, 0.05F, 0.15F, 0.25F});
  const Judged said = judged(*policy, {0, 1, 2, 3});
  CHECK(said.dropped == Pages{1});
  CHECK(said.stored == std::vector<StoredAs>{{0, 8, 4}, {2, 4, 2}, {3, 8, 4}});
}

TEST_CASE("DiffKV stores its newest tokens with high precision whatever their mass") {
  // The last three positions are 2 to 4.
  const auto policy = diffkv({{"prune", "0.5"}, {"quant", "1"}, {"recent", "3"}});
  begin(*policy, {0.9F, 0.05F, 0.03F, 0.02F});
  const Judged said = judged(*policy, {0, 1, 2, 3});
  CHECK(said.dropped == Pages{1});
  CHECK(said.stored == std::vector<StoredAs>{{0, 8, 4}, {2, 8, 4}, {3, 8, 4}});
}

TEST_CASE("a decode step of DiffKV moves one token to low precision, the worst one") {
  // Tokens 2 and 3 are below quant's bar of 1/6.
  const Judged said = judged(*decoding({{"prune", "0"}, {"quant", "1"}}), {0, 1, 2, 3, 4});
  CHECK(said.dropped.empty());
  CHECK(said.stored == std::vector<StoredAs>{{4, 8, 4}, {2, 4, 2}});
}

TEST_CASE("a decode step of DiffKV drops one token that is below prune, the worst one") {
  // The bar is 0.95/6 = 0.158.
  const Judged said = judged(*decoding({{"prune", "0.95"}, {"quant", "1"}}), {0, 1, 2, 3, 4});
  CHECK(said.dropped == Pages{2});
  CHECK(said.stored == kNewOneAlone);
}

TEST_CASE("a token below prune goes although there is a coarse one, if that has more") {
  const auto policy = decoding({{"prune", "0.95"}, {"quant", "1"}});
  requantise(*policy, {3, 1}, kLow);
  const Judged said = judged(*policy, {0, 1, 2, 3, 4});
  CHECK(said.dropped == Pages{2});
  CHECK(said.stored == kNewOneAlone);
}

TEST_CASE("a token that becomes coarse takes the place of a coarse one that is below prune") {
  const auto policy = decoding({{"prune", "0.95"}, {"quant", "1"}});
  requantise(*policy, {2, 1}, kLow);
  const Judged said = judged(*policy, {0, 1, 2, 3, 4});
  CHECK(said.dropped == Pages{2});
  CHECK(said.stored == std::vector<StoredAs>{{4, 8, 4}, {3, 4, 2}});
}

TEST_CASE("without prune a token becomes coarse beside those that are") {
  const auto policy = decoding({{"prune", "0"}, {"quant", "1"}});
  requantise(*policy, {2, 1}, kLow);
  const Judged said = judged(*policy, {0, 1, 2, 3, 4});
  CHECK(said.dropped.empty());
  CHECK(said.stored == std::vector<StoredAs>{{4, 8, 4}, {3, 4, 2}});
}

TEST_CASE("a coarse token stays, however small, as long as no other one moves") {
  // Bars of 0.15 and 0.158: token 2 (coarse) has 0.1467, the worst of the others, token 3, 0.16.
  const auto policy = decoding({{"prune", "0.9"}, {"quant", "0.95"}});
  requantise(*policy, {2, 1}, kLow);
  const Judged said = judged(*policy, {0, 1, 2, 3, 4});
  CHECK(said.dropped.empty());
  CHECK(said.stored == kNewOneAlone);
}

TEST_CASE("DiffKV's presets: one without low precision, one that never prunes") {
  // Bars of 0.04 * 0.2 = 0.008 for both, and of 0 and 3 * 0.2 = 0.6.
  const std::vector<float> masses{0.985F, 0.004F, 0.007F, 0.004F};
  const auto qwen = diffkv({{"preset", "qwen2.5-7b"}});
  begin(*qwen, masses);
  CHECK(judged(*qwen, {0, 1, 2, 3}).dropped == Pages{1, 2, 3});
  CHECK(judged(*qwen, {0, 1, 2, 3}).stored == std::vector<StoredAs>{{0, 8, 4}});
  const auto qwq = diffkv({{"preset", "qwq-32b"}});
  begin(*qwq, masses);
  CHECK(judged(*qwq, {0, 1, 2, 3}).dropped.empty());
  CHECK(judged(*qwq, {0, 1, 2, 3}).stored ==
        std::vector<StoredAs>{{0, 8, 4}, {1, 4, 2}, {2, 4, 2}, {3, 4, 2}});
}

TEST_CASE("in DiffKV a page of several tokens counts by the mass of one") {
  // Pages of two with 0.7 and 0.3: 0.35 and 0.15 a token, against 0.2.
  const auto policy = diffkv({{"prune", "0"}, {"quant", "1"}}, 2);
  fill(*policy, 0, 0, 4, StepKind::prefill);
  attend(*policy, 0, {0, 1}, {0.7F, 0.3F});
  fill(*policy, 1, 4, 1);
  attend(*policy, 1, {0, 1, 2}, {0.7F, 0.3F, 0.0F});
  CHECK(judged(*policy, {0, 1}, 2).stored == std::vector<StoredAs>{{0, 8, 4}, {1, 4, 2}});
}

TEST_CASE("DiffKV goes by the largest mass of the query heads that share a KV head") {
  const auto policy = diffkv({{"prune", "0.5"}, {"quant", "0.5"}});
  const Pages pages = first_pages(5);
  const std::vector<float> mean{0.9F, 0.05F, 0.02F, 0.02F, 0.01F};
  const std::vector<float> max{0.95F, 0.05F, 0.3F, 0.02F, 0.01F};
  fill(*policy, 0, 0, 4, StepKind::prefill);
  fill(*policy, 1, 4, 1);
  policy->observe(PagesAttended{.episode = EpisodeId{0},
                                .thread = Thread::main,
                                .step = 1,
                                .query_rows = 1,
                                .layers = 1,
                                .kv_heads = 1,
                                .pages = pages,
                                .mean = mean,
                                .max = max});
  CHECK(judged(*policy, {0, 1, 2, 3}).dropped == Pages{1, 3});
}

TEST_CASE("DiffKV refuses a prune above quant and unknown presets") {
  CHECK_THROWS_AS(diffkv({{"prune", "2"}, {"quant", "1"}}), Error);
  CHECK_THROWS_WITH(diffkv({{"preset", "qwen"}}), Catch::Matchers::Contains("qwen2.5-7b"));
}

namespace {

/// A controller over two KV heads that have seen the prompt of begin(): head 0 drops token 1 and
/// head 1 token 2, and each stores the others with high precision.
EvictionController two_heads(std::int32_t lag) {
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  EvictionController controller(
      {.name = "diffkv", .params = {{"prune", "0.5"}, {"quant", "0.5"}, {"recent", "1"}}}, 1, lag,
      shape);
  fill(controller, 0, 0, 4, StepKind::prefill);
  (void)controller.victims(DecisionPoint::step_end);
  fill(controller, 1, 4, 1);
  attend_heads(controller, 1, shape, first_pages(5),
               {0.4F, 0.0F, 0.3F, 0.3F, 0.0F, /*head 1*/ 0.4F, 0.3F, 0.0F, 0.3F, 0.0F});
  return controller;
}

}  // namespace

TEST_CASE("a controller gives each change of precision once, neighbours as one, beside victims") {
  EvictionController controller = two_heads(0);
  const Victims victims = controller.victims(DecisionPoint::step_end);
  CHECK(victims == Victims{{{1, 1}, {0, 0}}, {{2, 1}, {0, 1}}});
  for (const kv::Victim& victim : victims) evicted_from(controller, victim.scope, victim.span);
  const auto changes = controller.take_requantised(EpisodeId{7}, 1, 3);
  REQUIRE(changes.size() == 4);
  const std::vector<TokenSpan> spans{{0, 1}, {2, 2}, {0, 2}, {3, 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(i);
    CHECK(changes[i].episode == EpisodeId{7});
    CHECK(changes[i].step == 1);
    CHECK(changes[i].turn == 3);
    CHECK(changes[i].layer == 0);
    CHECK(changes[i].kv_head == (i < 2 ? 0 : 1));
    CHECK(changes[i].span == spans[i]);
    CHECK(changes[i].tokens == spans[i].count);
    CHECK(changes[i].key_bits == 8);
    CHECK(changes[i].value_bits == 4);
  }
  CHECK(controller.take_requantised(EpisodeId{7}, 1, 3).empty());
}

TEST_CASE("with a lag changes of precision come as late as victims, and are not decided again") {
  EvictionController controller = two_heads(1);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  CHECK(controller.take_requantised(EpisodeId{0}, 1, 0).empty());
  // The next step decides on token 4 alone, the only one that is not on its way.
  fill(controller, 2, 5, 1);
  const Victims victims = controller.victims(DecisionPoint::step_end);
  CHECK(victims == Victims{{{1, 1}, {0, 0}}, {{2, 1}, {0, 1}}});
  for (const kv::Victim& victim : victims) evicted_from(controller, victim.scope, victim.span);
  CHECK(controller.take_requantised(EpisodeId{0}, 2, 0).size() == 4);
  fill(controller, 3, 6, 1);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  const auto changes = controller.take_requantised(EpisodeId{0}, 3, 0);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].span == TokenSpan{4, 1});
  CHECK(changes[1].span == TokenSpan{4, 1});
}
