// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "engine/kv/allocation.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::AdaptiveAllocation;
using kv::DecisionPoint;
using kv::EvictionController;
using kv::UnitView;

namespace {

constexpr float kProtected = std::numeric_limits<float>::infinity();
using Lost = std::vector<std::int64_t>;

/// No page was attended after its fill.
constexpr std::array<std::int32_t, 16> kSteps{};
constexpr kv::AttendedSteps kNever{.of_page = kSteps, .page_size = 4};

std::vector<UnitView> pages_with(const std::vector<std::int32_t>& tokens) {
  std::vector<UnitView> pages;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    pages.push_back({id, {4 * id, 4}, tokens[i]});
  }
  return pages;
}

/// Live tokens that each of `heads` heads loses.
Lost divide(AdaptiveAllocation& allocation, std::size_t heads, std::int64_t tokens_to_free) {
  Lost lost(heads, 0);
  for (const kv::HeadVictim& victim : allocation.divide(tokens_to_free)) {
    lost[static_cast<std::size_t>(victim.head)] += victim.unit.live_tokens;
  }
  return lost;
}

struct Head {
  std::vector<UnitView> pages;
  std::vector<float> keep;
  std::int64_t most;
};

Head drawn_head(Rng& rng) {
  std::vector<std::int32_t> tokens(1 + rng.below(12));
  std::vector<float> keep(tokens.size());
  for (auto& count : tokens) count = static_cast<std::int32_t>(1 + rng.below(4));
  for (auto& score : keep) score = static_cast<float>(rng.below(1000));
  return {pages_with(tokens), keep, static_cast<std::int64_t>(rng.below(24))};
}

/// One page after the other: the lowest that is left of a head that has not yet refused one.
Lost searched(std::vector<Head> heads, std::int64_t tokens_to_free) {
  Lost lost(heads.size(), 0);
  while (tokens_to_free > 0) {
    std::size_t best_head = heads.size();
    std::size_t best = 0;
    for (std::size_t h = 0; h < heads.size(); ++h) {
      for (std::size_t i = 0; i < heads[h].keep.size(); ++i) {
        const auto rank = [&](std::size_t head, std::size_t page) {
          return std::tuple(heads[head].keep[page], heads[head].pages[page].id, head);
        };
        if (best_head == heads.size() || rank(h, i) < rank(best_head, best)) {
          best_head = h;
          best = i;
        }
      }
    }
    if (best_head == heads.size()) break;
    Head& head = heads[best_head];
    const std::int32_t tokens = head.pages[best].live_tokens;
    if (lost[best_head] + tokens > head.most) {
      head.keep.clear();
      continue;
    }
    lost[best_head] += tokens;
    tokens_to_free -= tokens;
    head.pages.erase(head.pages.begin() + static_cast<std::ptrdiff_t>(best));
    head.keep.erase(head.keep.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return lost;
}

/// Four tokens in each of two heads, the newest of which is being written; three may stay.
EvictionController two_heads(const std::string& allocation, const std::vector<float>& masses) {
  const kv::KvShape shape{.layers = 1, .kv_heads = 2};
  EvictionController controller({.name = "tova",
                                 .params = {{"sharing", "head"}, {"allocation", allocation}},
                                 .budget_tokens = 3},
                                1, 0, shape);
  fill(controller, 0, 0, 3, StepKind::prefill);
  fill(controller, 1, 3, 1);
  attend_heads(controller, 1, shape, {0, 1, 2, 3}, masses);
  return controller;
}

}  // namespace

TEST_CASE("heads give up the lowest scores of the layer, wherever they are") {
  AdaptiveAllocation allocation;
  allocation.add(pages_with({1, 1, 1, 1}), std::vector<float>{5, 1, 2, 9}, kNever, 4);
  allocation.add(pages_with({1, 1, 1, 1}), std::vector<float>{3, 8, 7, 6}, kNever, 4);
  // 1, 2 and 3 go: two of the first head, one of the second.
  CHECK(divide(allocation, 2, 3) == Lost{2, 1});
}

TEST_CASE("a head keeps its safeguard, and another gives up more") {
  AdaptiveAllocation allocation;
  allocation.add(pages_with({1, 1, 1}), std::vector<float>{1, 2, 3}, kNever, 2);
  allocation.add(pages_with({1, 1, 1}), std::vector<float>{7, 8, 9}, kNever, 3);
  CHECK(divide(allocation, 2, 4) == Lost{2, 2});
}

TEST_CASE("what is protected stays, however much is to be freed") {
  AdaptiveAllocation allocation;
  allocation.add(pages_with({4, 4}), std::vector<float>{1, kProtected}, kNever, 8);
  allocation.add(pages_with({4, 4}), std::vector<float>{kProtected, kProtected}, kNever, 8);
  CHECK(divide(allocation, 2, 100) == Lost{4, 0});
}

TEST_CASE("the lowest score there is goes first, and victims come head by head") {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  AdaptiveAllocation allocation;
  allocation.add(pages_with({1, 1, 1}), std::vector<float>{3, kLowest, 9}, kNever, 3);
  allocation.add(pages_with({1, 1, 1}), std::vector<float>{2, 8, 1}, kNever, 3);
  std::vector<std::pair<std::int32_t, std::int32_t>> gone;
  for (const kv::HeadVictim& victim : allocation.divide(4)) {
    gone.emplace_back(victim.head, victim.unit.id);
  }
  CHECK(gone == std::vector<std::pair<std::int32_t, std::int32_t>>{{0, 1}, {0, 0}, {1, 2}, {1, 0}});
}

TEST_CASE("a division is that of an exhaustive search, page by page") {
  Rng rng(5, 0);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Head> heads;
    for (int i = 0; i < 3; ++i) heads.push_back(drawn_head(rng));
    const auto tokens = static_cast<std::int64_t>(rng.below(40));
    AdaptiveAllocation allocation;
    for (const Head& head : heads) allocation.add(head.pages, head.keep, kNever, head.most);
    CAPTURE(trial, tokens);
    CHECK(divide(allocation, heads.size(), tokens) == searched(heads, tokens));
  }
}

TEST_CASE("a head whose attention is spread keeps what one that is sure of itself gives up") {
  const std::vector<float> masses{0.05F, 0.1F, 0.45F, 0.4F, /*head 1*/ 0.3F, 0.31F, 0.29F, 0.1F};
  CHECK(two_heads("uniform", masses).victims(DecisionPoint::step_end) ==
        Victims{{{0, 1}, {0, 0}}, {{2, 1}, {0, 1}}});
  CHECK(two_heads("adaptive", masses).victims(DecisionPoint::step_end) ==
        Victims{{{0, 1}, {0, 0}}, {{1, 1}, {0, 0}}});
}

TEST_CASE("an adaptive allocation needs a choice of each head's own") {
  CHECK_THROWS_AS(EvictionController({.name = "lru",
                                      .params = {{"allocation", "adaptive"}, {"sharing", "all"}},
                                      .budget_tokens = 8},
                                     1),
                  Error);
  CHECK_THROWS_AS(EvictionController(
                      {.name = "lru", .params = {{"allocation", "fair"}}, .budget_tokens = 8}, 1),
                  Error);
}
