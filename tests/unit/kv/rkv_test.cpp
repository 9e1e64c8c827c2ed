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
using Key = std::vector<float>;

namespace {

/// The keys of the first tokens of one step: pages of one token, (KV head, token). The bounds lie
/// around the key, which is their middle.
void give_keys(kv::EvictionPolicy& policy, const std::vector<std::vector<Key>>& heads) {
  for (std::size_t token = 0; token < heads[0].size(); ++token) {
    std::vector<float> lowest;
    std::vector<float> highest;
    for (const auto& keys : heads) {
      for (const float component : keys[token]) {
        lowest.push_back(component - 0.5F);
        highest.push_back(component + 0.5F);
      }
    }
    policy.observe(KeysBounded{.episode = EpisodeId{0},
                               .thread = Thread::main,
                               .step = 0,
                               .page = static_cast<std::int32_t>(token),
                               .layers = 1,
                               .kv_heads = static_cast<std::int32_t>(heads.size()),
                               .head_dim = static_cast<std::int32_t>(heads[0][token].size()),
                               .lowest = lowest,
                               .highest = highest});
  }
}

std::unique_ptr<kv::EvictionPolicy> rkv(const ParamTexts& params, std::int32_t heads = 1) {
  return make_policy("rkv", params, {.page_size = 1, .budget_tokens = 64, .shape = {1, heads}});
}

/// -Z with lambda = 0: the redundancy alone, of the tokens with these keys; 8 more are too new.
std::vector<float> redundancies(const std::vector<Key>& keys, bool direction_bug) {
  auto policy = rkv({{"lambda", "0"}, {"direction_bug", direction_bug ? "true" : "false"}});
  const auto count = static_cast<std::int32_t>(keys.size());
  fill(*policy, 0, 0, count + 8, StepKind::prefill);
  give_keys(*policy, {keys});
  auto keep = scores_of(*policy, count);
  for (float& score : keep) score = -score;
  return keep;
}

}  // namespace

TEST_CASE("of a key's copies R-KV keeps the newest") {
  // Tokens 1, 2 and 3 have one key, with different norms, token 0 another at a right angle. Sums by
  // column, with each row's latest duplicate left out: rows 1 and 2 leave (., 3) out and row 3
  // leaves (3, 2) out.
  //   token 1: (2,1) + (3,1) = 2;  token 2: (1,2) = 1;  tokens 3 and 0: 0
  // Means over 4 and their softmax: e^0.5 = 1.64872, e^0.25 = 1.28403, 1, 1; total 4.93275.
  const auto shares = redundancies({{0, 1}, {1, 0}, {2, 0}, {3, 0}}, false);
  CHECK_THAT(shares[0], WithinAbs(0.20273, 1e-4));
  CHECK_THAT(shares[1], WithinAbs(0.33424, 1e-4));
  CHECK_THAT(shares[2], WithinAbs(0.26031, 1e-4));
  CHECK_THAT(shares[3], WithinAbs(0.20273, 1e-4));
}

TEST_CASE("R-KV finds neither of only two copies redundant, as the reference does") {
  // Each is the other's latest duplicate, so neither is redundant: all have 1/3.
  const auto shares = redundancies({{1, 0}, {0, 1}, {1, 0}}, false);
  for (const float share : shares) CHECK_THAT(share, WithinAbs(1.0 / 3.0, 1e-5));
}

TEST_CASE("R-KV compares a key with those of the last 8 tokens too") {
  // Tokens 2 and 3 are among the newest 8 and copies of token 0; token 1 lies at a right angle.
  // Rows 0 and 2 leave (., 3) out and row 3 leaves (3, 2) out, so the sums are token 0: (2,0) +
  // (3,0) = 2, token 2: (0,2) = 1, tokens 1 and 3: 0. Softmax as in the case before last.
  auto policy = rkv({{"lambda", "0"}, {"direction_bug", "false"}});
  fill(*policy, 0, 0, 10, StepKind::prefill);
  give_keys(*policy, {{{1, 0}, {0, 1}, {1, 0}, {1, 0}}});
  const auto keep = scores_of(*policy, 2);
  CHECK_THAT(keep[0], WithinAbs(-0.33424, 1e-4));
  CHECK_THAT(keep[1], WithinAbs(-0.20273, 1e-4));
}

TEST_CASE("without near-duplicates the reference spares token 0, and the repaired rule nobody") {
  // Any two of the keys have the cosine 1 / 5, not a duplicate. Sums: 0.4 each. With the bug rows 1
  // and 2 leave (., 0) out: 0, 0.4, 0.4. Softmax of their means: 1, e^0.13333 = 1.14263 twice.
  const std::vector<Key> keys{{1, 2, 0, 0}, {1, 0, 2, 0}, {1, 0, 0, 2}};
  const auto repaired = redundancies(keys, false);
  for (const float share : repaired) CHECK_THAT(share, WithinAbs(1.0 / 3.0, 1e-5));
  const auto reference = redundancies(keys, true);
  CHECK_THAT(reference[0], WithinAbs(1.0 / 3.28526, 1e-4));
  CHECK_THAT(reference[1], WithinAbs(1.14263 / 3.28526, 1e-4));
  CHECK_THAT(reference[2], WithinAbs(1.14263 / 3.28526, 1e-4));
}

TEST_CASE("R-KV's importance is the last 8 queries' mean, among the candidates, pooled") {
  // 12 candidates and 8 newer tokens. The first of 9 queries looks at token 5 and is forgotten.
  // Four give 0.1 to token 0 and nothing to other candidates, which normalises to 1; four give 0.3
  // to token 11. Means: 0.5 and 0.5. Three neighbours on each side have the maximum as well.
  auto policy = rkv({{"lambda", "1"}});
  fill(*policy, 0, 0, 11, StepKind::prefill);
  for (std::int32_t position = 11; position < 20; ++position) {
    std::vector<float> masses(static_cast<std::size_t>(position + 1), 0.0F);
    if (position == 11) masses[5] = 1.0F;
    if (position > 11 && position < 16) masses[0] = 0.1F;
    if (position >= 16) masses[11] = 0.3F;
    if (position > 12) masses.back() += 0.6F;
    decode(*policy, position, masses);
  }
  const auto keep = scores_of(*policy, 12);
  for (std::size_t token = 0; token < 12; ++token) {
    CAPTURE(token);
    CHECK_THAT(keep[token], WithinAbs(token <= 3 || token >= 8 ? 0.5 : 0.0, 1e-5));
  }
}

TEST_CASE("R-KV weighs importance by lambda and redundancy by the rest") {
  // Three copies in tokens 0 to 2; importance is 1/3, 1/3, 1/3 by pooling. Redundancies: sums 2, 1
  // and 0, means of 3: e^0.66667 = 1.94773, e^0.33333 = 1.39561, 1; total 4.34335.
  auto policy = rkv({{"lambda", "0.25"}});
  fill(*policy, 0, 0, 10, StepKind::prefill);
  give_keys(*policy, {{{1, 0}, {1, 0}, {1, 0}}});
  decode(*policy, 10, {0.1F, 0.1F, 0.1F, 0, 0, 0, 0, 0, 0, 0, 0.7F});
  const auto keep = scores_of(*policy, 3);
  CHECK_THAT(keep[0], WithinAbs(0.25 / 3 - 0.75 * 1.94773 / 4.34335, 1e-4));
  CHECK_THAT(keep[1], WithinAbs(0.25 / 3 - 0.75 * 1.39561 / 4.34335, 1e-4));
  CHECK_THAT(keep[2], WithinAbs(0.25 / 3 - 0.75 * 1.00000 / 4.34335, 1e-4));
}

TEST_CASE("R-KV compares the keys of a head with that head's only") {
  // Head 0 has three keys at right angles; head 1 three copies, sums 2, 1, 0.
  auto policy = rkv({{"lambda", "0"}, {"direction_bug", "false"}}, 2);
  fill(*policy, 0, 0, 11, StepKind::prefill);
  give_keys(*policy, {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}});
  for (const float score : scores_of(*policy, 3, 0)) CHECK_THAT(score, WithinAbs(-1.0 / 3, 1e-5));
  const auto keep = scores_of(*policy, 3, 1);
  CHECK(keep[0] < keep[1]);
  CHECK(keep[1] < keep[2]);
}

TEST_CASE("R-KV decides when the sequence's length is a multiple of its period") {
  // Budget 10, period 4: over the budget from 11 tokens on, decided at 12 and 16.
  EvictionController controller({.name = "rkv", .params = {{"period", "4"}}, .budget_tokens = 10},
                                1);
  fill(controller, 0, 0, 10, StepKind::prefill);
  CHECK(controller.victims(DecisionPoint::step_end).empty());
  for (std::int32_t position = 10; position < 16; ++position) {
    CAPTURE(position);
    fill(controller, position, position, 1);
    const Spans victims = spans_of(controller.victims(DecisionPoint::step_end));
    const std::size_t expected = position == 11 ? 2 : position == 15 ? 4 : 0;
    CHECK(victims.size() == expected);
    for (const TokenSpan& span : victims) evicted(controller, span);
  }
  CHECK(controller.needs_keys());
}
