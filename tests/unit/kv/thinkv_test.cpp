// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/kv/policies/row_sparsity.h"
#include "tests/unit/kv/verdicts.h"

// Expected verdicts are computed by hand. Pages of one token, one layer and KV head unless said
// otherwise.

using namespace pagequest;
using namespace pagequest::testing;

namespace {

using Pages = std::vector<std::int32_t>;

/// Segments of two tokens, rungs of two tokens and one. A row is a transition's if at least 0.6 of
/// it are next to nothing, execution's if less than 0.25 are.
std::unique_ptr<kv::EvictionPolicy> thinkv(ParamTexts params = {}, std::int32_t page_size = 1,
                                           const kv::KvShape& shape = {}) {
  params.try_emplace("tau", "2");
  params.try_emplace("ladder", "2/1");
  params.try_emplace("execution_below", "0.25");
  params.try_emplace("transition_from", "0.6");
  return make_policy("thinkv", params,
                     {.page_size = page_size, .budget_tokens = 0, .shape = shape});
}

enum class Row { dense, half, sparse };

/// Over `pages` pages: equal masses, nothing on every second one, or all on the first one.
std::vector<float> masses_of(Row row, std::int32_t pages) {
  std::vector<float> masses(static_cast<std::size_t>(pages), 1.0F / static_cast<float>(pages));
  for (std::size_t i = 1; i < masses.size(); ++i) {
    if (row == Row::sparse || (row == Row::half && i % 2 == 1)) masses[i] = 0.0F;
  }
  return masses;
}

/// Decodes the positions `first` and the one behind it.
void think(kv::EvictionPolicy& policy, std::int32_t first, Row row) {
  decode(policy, first, masses_of(row, first + 1));
  decode(policy, first + 1, masses_of(row, first + 2));
}

/// A prompt of two tokens.
void prompt(kv::EvictionPolicy& policy) {
  fill(policy, 0, 0, 2, StepKind::prefill);
  attend(policy, 0, {0, 1}, {0.5F, 0.5F});
}

std::vector<StoredAs> with_bits(const Pages& pages, std::int32_t bits) {
  std::vector<StoredAs> stored;
  for (const std::int32_t page : pages) stored.push_back({page, bits, bits});
  return stored;
}

}  // namespace

TEST_CASE("ThinKV decides when a segment of decode tokens is followed by the next one") {
  const auto policy = thinkv({{"tau", "3"}});
  const auto decides = [&policy](StepKind kind, std::int32_t decode_steps) {
    return policy->decides({.kind = kind, .decode_steps = decode_steps});
  };
  CHECK_FALSE(decides(StepKind::decode, 1));
  CHECK_FALSE(decides(StepKind::decode, 3));
  CHECK(decides(StepKind::decode, 4));
  CHECK_FALSE(decides(StepKind::prefill, 4));
  CHECK(decides(StepKind::decode, 7));
}

TEST_CASE("ThinKV stores a segment with the bits of its sparsity, and the prompt with those of R") {
  const auto policy = thinkv();
  prompt(*policy);
  think(*policy, 2, Row::half);
  decode(*policy, 4, masses_of(Row::dense, 5));
  CHECK(judged(*policy, first_pages(4)).stored == with_bits({0, 1, 2, 3}, 8));
  requantise(*policy, {0, 4}, {8, 8});
  decode(*policy, 5, masses_of(Row::dense, 6));
  decode(*policy, 6, masses_of(Row::sparse, 7));
  CHECK(judged(*policy, first_pages(6)).stored == with_bits({4, 5}, 4));
  requantise(*policy, {4, 2}, {4, 4});
  decode(*policy, 7, masses_of(Row::sparse, 8));
  decode(*policy, 8, masses_of(Row::dense, 9));
  CHECK(judged(*policy, first_pages(8)).stored == with_bits({6, 7}, 2));
}

TEST_CASE("ThinKV's bits can be those of the paper's average, 4/4/2") {
  const auto policy = thinkv({{"bits", "4/4/2"}});
  prompt(*policy);
  think(*policy, 2, Row::half);
  decode(*policy, 4, masses_of(Row::dense, 5));
  CHECK(judged(*policy, first_pages(4)).stored == with_bits({0, 1, 2, 3}, 4));
}

TEST_CASE(
    "with a transition every earlier segment steps down a rung, the prompt and itself do not") {
  // Segments: 2 and 3 (R), 4 and 5 (R), 6 and 7 (T), 8 and 9 (T). Behind the first T the earlier
  // ones may keep two tokens, which they have; behind the second one token, and the first T two.
  // Half rows give nothing to odd tokens, so these have less attention.
  const auto policy = thinkv();
  prompt(*policy);
  think(*policy, 2, Row::half);
  think(*policy, 4, Row::half);
  think(*policy, 6, Row::sparse);
  decode(*policy, 8, masses_of(Row::sparse, 9));
  CHECK(judged(*policy, first_pages(8)).dropped.empty());
  decode(*policy, 9, masses_of(Row::sparse, 10));
  decode(*policy, 10, masses_of(Row::sparse, 11));
  CHECK(judged(*policy, first_pages(10)).dropped == Pages{3, 5});
  // What has gone is no candidate any more, and nothing else goes before the next transition.
  CHECK(judged(*policy, {0, 1, 2, 4, 6, 7, 8, 9}).dropped.empty());
}

TEST_CASE("ThinKV's last rung is kept whatever follows") {
  const auto policy = thinkv();
  prompt(*policy);
  for (std::int32_t first = 2; first < 14; first += 2) think(*policy, first, Row::sparse);
  decode(*policy, 14, masses_of(Row::sparse, 15));
  const Judged said = judged(*policy, first_pages(14));
  CHECK(said.dropped == Pages{2, 4, 6, 8});
}

TEST_CASE("ThinKV keeps at least the tokens of a rung when pages are bigger") {
  // A segment of eight tokens on the pages 1 to 4 of two tokens (the prompt has page 0). Of a rung
  // of three tokens two pages are left.
  const auto policy = thinkv({{"tau", "8"}, {"ladder", "3"}}, 2);
  fill(*policy, 0, 0, 2, StepKind::prefill);
  for (std::int32_t position = 2; position < 19; ++position) {
    const std::int32_t pages = position / 2 + 1;
    fill(*policy, position, position, 1);
    std::vector<float> masses = masses_of(Row::sparse, pages);
    if (pages > 2) masses[2] = masses[0] / 2;
    attend(*policy, position, first_pages(pages), masses);
  }
  const Judged said = judged(*policy, first_pages(9), 2);
  CHECK(said.dropped == Pages{1, 3});
}

TEST_CASE("with a choice for each head ThinKV goes by the head's own attention") {
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  const auto policy = thinkv({{"ladder", "1"}, {"transition_from", "0.4"}}, 1, shape);
  fill(*policy, 0, 0, 1, StepKind::prefill);
  for (std::int32_t position = 1; position < 6; ++position) {
    fill(*policy, position, position, 1);
    const auto count = static_cast<std::size_t>(position) + 1;
    std::vector<float> masses(2 * count, 0.0F);
    masses[0] = masses[count] = 0.5F;
    masses[1] = 0.5F;                             // head 0: token 1
    masses[count + (count > 2 ? 2 : 0)] += 0.5F;  // head 1: token 2
    attend_heads(*policy, position, shape, first_pages(position + 1), masses);
  }
  CHECK(judged(*policy, first_pages(5), 1, 0).dropped == Pages{2});
  CHECK(judged(*policy, first_pages(5), 1, 1).dropped == Pages{1});
}

TEST_CASE(
    "a row's sparsity is the share of pages below 1 % of its largest, over heads and layers") {
  // Layer 0: 2 of 4 (0.003 is below 0.0059) and none; layer 1 sees the last two pages only: 1 of 2
  // in both heads.
  const std::vector<std::int32_t> pages = first_pages(4);
  const std::vector<float> mean{0.59F, 0.003F, 0.003F, 0.404F, 0.25F, 0.25F, 0.25F,  0.25F,
                                0.0F,  0.0F,   0.001F, 0.999F, 0.0F,  0.0F,  0.999F, 0.001F};
  const std::vector<std::int32_t> first_page{0, 2};
  const PagesAttended attended{.episode = EpisodeId{0},
                               .thread = Thread::main,
                               .step = 0,
                               .query_rows = 1,
                               .layers = 2,
                               .kv_heads = 2,
                               .pages = pages,
                               .mean = mean,
                               .max = mean,
                               .first_page = first_page};
  CHECK(kv::row_sparsity(attended, {}) == 0.375);
  CHECK(kv::row_sparsity(attended, std::vector<std::int32_t>{0}) == 0.25);
  CHECK(kv::row_sparsity(attended, std::vector<std::int32_t>{1}) == 0.5);
  CHECK_THROWS_WITH(kv::row_sparsity(attended, std::vector<std::int32_t>{2}),
                    Catch::Matchers::Contains("0 to 1"));
}

TEST_CASE("ThinKV refuses bits, rungs, layers and thresholds that mean nothing") {
  CHECK_THROWS_AS(thinkv({{"bits", "8/4"}}), Error);
  CHECK_THROWS_AS(thinkv({{"bits", "8/4/x"}}), Error);
  CHECK_THROWS_AS(thinkv({{"bits", "8/4/"}}), Error);
  CHECK_THROWS_AS(thinkv({{"bits", "8/4/17"}}), Error);
  CHECK_THROWS_AS(thinkv({{"ladder", "2/4"}}), Error);
  CHECK_THROWS_AS(thinkv({{"ladder", ""}}), Error);
  CHECK_THROWS_AS(thinkv({{"layers", "-1"}}), Error);
  CHECK_THROWS_AS(thinkv({{"execution_below", "0.7"}}), Error);
}
