// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/scoped_tokens.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::GoneTokens;
using kv::ScopedTokens;
using kv::TakenTokens;
using Pages = std::vector<std::int32_t>;

namespace {

/// Pages of 4, 12 tokens.
ScopedTokens twelve(std::int32_t scopes) {
  ScopedTokens tokens(4, scopes);
  tokens.fill({.first = 0, .count = 12});
  return tokens;
}

}  // namespace

TEST_CASE("what the only scope drops is gone") {
  ScopedTokens tokens = twelve(1);
  const TakenTokens taken = tokens.evict(0, {.first = 2, .count = 7});
  CHECK(taken.tokens == 7);
  REQUIRE(taken.gone.size() == 1);
  CHECK(taken.gone[0].span == TokenSpan{.first = 2, .count = 7});
  CHECK(taken.gone[0].tokens == 7);
  CHECK(taken.gone[0].free_pages == Pages{1});
  CHECK(tokens.any().total() == 5);
}

TEST_CASE("a token is gone once the last scope has lost it") {
  // Scope 0 loses 2 to 7 and scope 1 loses 4 to 9, so 4 to 7, page 1, is what neither has.
  ScopedTokens tokens = twelve(2);
  const TakenTokens first = tokens.evict(0, {.first = 2, .count = 6});
  CHECK(first.tokens == 6);
  CHECK(first.gone.empty());
  CHECK(tokens.any().total() == 12);
  const TakenTokens second = tokens.evict(1, {.first = 4, .count = 6});
  CHECK(second.tokens == 6);
  REQUIRE(second.gone.size() == 1);
  CHECK(second.gone[0].span == TokenSpan{.first = 4, .count = 4});
  CHECK(second.gone[0].tokens == 4);
  CHECK(second.gone[0].free_pages == Pages{1});
  CHECK(tokens.of(0).total() == 6);
  CHECK(tokens.of(1).total() == 6);
  CHECK(tokens.any().total() == 8);
}

TEST_CASE("what is gone comes in one span for each run, ascending") {
  // Scope 0 lacks 1, 2 and 6; scope 1 loses everything.
  ScopedTokens tokens = twelve(2);
  CHECK(tokens.evict(0, {.first = 1, .count = 2}).gone.empty());
  CHECK(tokens.evict(0, {.first = 6, .count = 1}).gone.empty());
  const TakenTokens taken = tokens.evict(1, {.first = 0, .count = 12});
  CHECK(taken.tokens == 12);
  REQUIRE(taken.gone.size() == 2);
  CHECK(taken.gone[0].span == TokenSpan{.first = 1, .count = 2});
  CHECK(taken.gone[1].span == TokenSpan{.first = 6, .count = 1});
  CHECK(taken.gone[0].free_pages.empty());
}

TEST_CASE("a scope that drops a token twice counts once") {
  ScopedTokens tokens = twelve(2);
  CHECK(tokens.evict(0, {.first = 0, .count = 4}).tokens == 4);
  const TakenTokens again = tokens.evict(0, {.first = 0, .count = 4});
  CHECK(again.tokens == 0);
  CHECK(again.gone.empty());
  CHECK(tokens.any().total() == 12);
}

TEST_CASE("an eviction from all scopes counts the tokens that any of them held") {
  // 0 and 1 are gone already; 2 and 3 are in scope 1 only; 4 and 5 in both.
  ScopedTokens tokens = twelve(2);
  CHECK(tokens.evict(0, {.first = 0, .count = 4}).tokens == 4);
  CHECK(tokens.evict(1, {.first = 0, .count = 2}).tokens == 2);
  const GoneTokens gone = tokens.evict_all({.first = 0, .count = 6});
  CHECK(gone.tokens == 4);
  CHECK(gone.free_pages == Pages{0});
  CHECK(tokens.of(0).total() == 6);
  CHECK(tokens.of(1).total() == 6);
  CHECK(tokens.any().total() == 6);
  CHECK(tokens.evict(1, {.first = 0, .count = 6}).gone.empty());
}

TEST_CASE("new tokens come to every scope whatever it has lost") {
  ScopedTokens tokens = twelve(2);
  CHECK(tokens.evict(0, {.first = 0, .count = 12}).tokens == 12);
  tokens.fill({.first = 12, .count = 3});
  CHECK(tokens.of(0).total() == 3);
  CHECK(tokens.of(1).total() == 15);
  CHECK(tokens.any().total() == 15);
  // They have two holders again.
  CHECK(tokens.evict(0, {.first = 12, .count = 3}).gone.empty());
  CHECK(tokens.evict(1, {.first = 12, .count = 3}).gone.size() == 1);
}

TEST_CASE("scopes that are split off are alike and go their own ways from there") {
  ScopedTokens tokens = twelve(1);
  CHECK(tokens.evict(0, {.first = 0, .count = 3}).tokens == 3);
  tokens.split(3);
  for (std::int32_t scope = 0; scope < 3; ++scope) CHECK(tokens.of(scope).total() == 9);
  CHECK(tokens.any().total() == 9);
  // Three holders: what was gone before the split has none.
  CHECK(tokens.evict(0, {.first = 0, .count = 5}).gone.empty());
  CHECK(tokens.evict(1, {.first = 0, .count = 5}).gone.empty());
  const TakenTokens last = tokens.evict(2, {.first = 0, .count = 5});
  CHECK(last.tokens == 2);
  REQUIRE(last.gone.size() == 1);
  CHECK(last.gone[0].span == TokenSpan{.first = 3, .count = 2});
  CHECK(last.gone[0].free_pages == Pages{0});
}

TEST_CASE("what is forgotten is what an eviction would have taken") {
  const std::int32_t scopes = GENERATE(1, 3);
  ScopedTokens evicted = twelve(scopes);
  ScopedTokens forgotten = twelve(scopes);
  Rng rng(9);
  for (int round = 0; round < 40; ++round) {
    const TokenSpan span{.first = rng.between(0, 13), .count = rng.between(0, 3)};
    const std::int32_t scope = rng.between(-1, scopes - 1);
    if (scope < 0 && round % 8 == 7) {
      (void)evicted.evict_all(span);
      forgotten.forget_all(span);
    } else {
      (void)evicted.evict(std::max(0, scope), span);
      forgotten.forget(std::max(0, scope), span);
    }
    CAPTURE(scopes, round);
    REQUIRE(forgotten.any().total() == evicted.any().total());
    for (std::int32_t page = 0; page < 3; ++page) {
      REQUIRE(forgotten.any().in_page(page) == evicted.any().in_page(page));
      for (std::int32_t s = 0; s < scopes; ++s) {
        REQUIRE(forgotten.of(s).in_page(page) == evicted.of(s).in_page(page));
      }
    }
  }
}
