// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Choices of pages against sequences worked out by hand, with pages numbered from 0.
#include "engine/kv/reads/read_plan.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/policies/registry.h"

using namespace pagequest;
using kv::KvShape;
using kv::ReadPlan;
using kv::ReadSelection;
using Pages = std::vector<std::int32_t>;
using Bounds = std::vector<float>;

namespace {

constexpr KvShape kOneHead{.layers = 1, .kv_heads = 1};

Pages pages_up_to(std::int32_t count) {
  Pages pages;
  for (std::int32_t page = 0; page < count; ++page) pages.push_back(page);
  return pages;
}

/// What a head reads of `pages`, by page.
Pages chosen(ReadPlan& plan, const Pages& pages, const Bounds& bounds, std::int32_t layer = 0,
             std::int32_t kv_head = 0) {
  Pages indices;
  plan.choose(layer, kv_head, pages, bounds, indices);
  Pages read;
  for (const std::int32_t i : indices) read.push_back(pages[static_cast<std::size_t>(i)]);
  return read;
}

/// The pages that a head reads at its first decode step.
Pages first_choice(const ReadSelection& selection, const Bounds& bounds) {
  ReadPlan plan(selection, kOneHead);
  plan.begin_decode();
  return chosen(plan, pages_up_to(static_cast<std::int32_t>(bounds.size())), bounds);
}

std::unique_ptr<kv::EvictionPolicy> make(const std::string& name,
                                         const std::map<std::string, std::string>& params,
                                         std::int32_t budget_tokens, std::int32_t page_size) {
  const kv::PolicyEntry& entry = kv::find_policy(name);
  return entry.make(Params(entry.name, kv::params_of(entry), params),
                    {.page_size = page_size, .budget_tokens = budget_tokens});
}

}  // namespace

TEST_CASE("The pages with the largest bounds are read, in the order of their positions") {
  CHECK(first_choice({.pages = 3}, {1, 9, 3, 8, 2, 0}) == Pages{1, 3, 5});
  CHECK(first_choice({.pages = 3, .last_page_always = false}, {1, 9, 3, 8, 2, 0}) ==
        Pages{1, 2, 3});
}

TEST_CASE("Everything is read while it fits") {
  CHECK(first_choice({.pages = 4}, {3, 2, 1, 0}) == Pages{0, 1, 2, 3});
  CHECK(first_choice({.pages = 9, .last_page_always = false}, {3, 2, 1}) == Pages{0, 1, 2});
}

TEST_CASE("Of equal bounds the newer page is read, and a bound that is no number is read first") {
  CHECK(first_choice({.pages = 3}, {5, 5, 5, 5, 5}) == Pages{2, 3, 4});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(first_choice({.pages = 2}, {1, nan, 7, 9, 0}) == Pages{1, 4});
}

TEST_CASE("A stable head ranks at decode steps 1, 4, 7 and reads what began in between") {
  ReadPlan plan({.pages = 2, .rerank_steps = 3}, kOneHead);
  plan.begin_prefill();
  // Pages of one token. The first ranking is over 5 pages: the last one and the largest.
  plan.begin_decode();
  REQUIRE(plan.ranks(0, 0));
  CHECK(chosen(plan, pages_up_to(5), {0, 9, 1, 8, 2}) == Pages{1, 4});
  plan.begin_decode();
  REQUIRE_FALSE(plan.ranks(0, 0));
  CHECK(chosen(plan, pages_up_to(6), {}) == Pages{1, 4, 5});
  plan.begin_decode();
  CHECK(chosen(plan, pages_up_to(7), {}) == Pages{1, 4, 5, 6});
  // Another ranking, over all pages: page 3 comes back.
  plan.begin_decode();
  REQUIRE(plan.ranks(0, 0));
  CHECK(chosen(plan, pages_up_to(8), {0, 1, 2, 9, 3, 4, 5, 0}) == Pages{3, 7});
  plan.begin_decode();
  CHECK(chosen(plan, pages_up_to(9), {}) == Pages{3, 7, 8});
}

TEST_CASE("A page that was read at the last ranking and is gone is read no more") {
  ReadPlan plan({.pages = 2, .rerank_steps = 3}, kOneHead);
  plan.begin_decode();
  CHECK(chosen(plan, {0, 1, 2, 3}, {0, 9, 1, 8}) == Pages{1, 3});
  plan.begin_decode();
  CHECK(chosen(plan, {0, 2, 3, 4}, {}) == Pages{3, 4});
}

TEST_CASE("The first decode step behind a prefill ranks, and so does one after a reset") {
  ReadPlan plan({.pages = 2, .rerank_steps = 16}, kOneHead);
  plan.begin_decode();
  CHECK(plan.ranks(0, 0));
  plan.begin_decode();
  CHECK_FALSE(plan.ranks(0, 0));
  plan.begin_prefill();
  plan.begin_decode();
  CHECK(plan.ranks(0, 0));
  plan.begin_decode();
  plan.reset();
  plan.begin_decode();
  CHECK(plan.ranks(0, 0));
}

TEST_CASE("Unstable heads rank at each step, each head by itself") {
  ReadPlan plan({.pages = 2, .rerank_steps = 8, .unstable = {{1, 0}}},
                {.layers = 2, .kv_heads = 2});
  const Pages pages = pages_up_to(4);
  plan.begin_decode();
  CHECK(chosen(plan, pages, {9, 0, 0, 0}, 0, 1) == Pages{0, 3});
  CHECK(chosen(plan, pages, {0, 9, 0, 0}, 1, 0) == Pages{1, 3});
  plan.begin_decode();
  CHECK_FALSE(plan.ranks(0, 1));
  CHECK(chosen(plan, pages, {}, 0, 1) == Pages{0, 3});
  REQUIRE(plan.ranks(1, 0));
  CHECK(chosen(plan, pages, {0, 0, 9, 0}, 1, 0) == Pages{2, 3});
}

TEST_CASE("Without a list, a share of the heads is unstable, evenly spread") {
  constexpr KvShape kShape{.layers = 4, .kv_heads = 2};
  ReadPlan plan({.pages = 2, .rerank_steps = 8, .unstable_share = 0.25}, kShape);
  plan.begin_decode();
  plan.begin_decode();
  std::vector<std::int32_t> unstable;
  for (std::int32_t head = 0; head < 8; ++head) {
    if (plan.ranks(head / 2, head % 2)) unstable.push_back(head);
  }
  CHECK(unstable == std::vector<std::int32_t>{3, 7});
}

TEST_CASE("An unstable head beyond the model is an error that says what there is") {
  CHECK_THROWS_WITH(
      ReadPlan({.unstable = {{2, 0}}}, {.layers = 2, .kv_heads = 2}),
      Catch::Matchers::Contains("2:0") && Catch::Matchers::Contains("layers below 2"));
}

TEST_CASE("Quest reads budget / page size pages, three at least, beyond two dense layers") {
  CHECK(make("quest", {}, 512, 16)->reads()->pages == 32);
  CHECK(make("quest", {}, 40, 16)->reads()->pages == 3);
  CHECK(make("quest", {}, 512, 16)->reads()->dense_layers == 2);
  CHECK(make("quest", {}, 512, 16)->reads()->last_page_always);
  CHECK_FALSE(make("quest", {{"last_page", "as-others"}}, 512, 16)->reads()->last_page_always);
  CHECK_THROWS_WITH(make("quest", {{"last_page", "never"}}, 512, 16),
                    Catch::Matchers::Contains("as-others"));
}

TEST_CASE("FlexiCache takes its unstable heads as a list, each once and in any order") {
  const auto policy = make("flexicache", {{"unstable_heads", "3:1+0:0+3:1"}}, 2048, 16);
  CHECK(policy->reads()->pages == 128);
  CHECK(policy->reads()->rerank_steps == 16);
  CHECK(policy->reads()->unstable == std::vector<kv::KvHead>{{0, 0}, {3, 1}});
  for (const std::string bad : {"3", "3:", "3:1+", "3:1,2:0", "-1:0", "x"}) {
    CHECK_THROWS_WITH(make("flexicache", {{"unstable_heads", bad}}, 2048, 16),
                      Catch::Matchers::Contains("layer:head"));
  }
}

TEST_CASE("A read selection needs a budget, as eviction does") {
  for (const std::string name : {"quest", "flexicache"}) {
    CHECK_THROWS_WITH(kv::EvictionController({.name = name}, 16),
                      Catch::Matchers::Contains("needs a budget"));
    const kv::EvictionController controller({.name = name, .budget_tokens = 64}, 16);
    CHECK(controller.reads() != nullptr);
  }
  CHECK(kv::EvictionController({}, 16).reads() == nullptr);
}
