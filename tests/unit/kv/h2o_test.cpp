// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/registry.h"
#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::DecisionPoint;
using kv::EvictionController;
using kv::UnitView;

namespace {

std::unique_ptr<kv::EvictionPolicy> make(const std::map<std::string, std::string>& params,
                                         std::int32_t page_size, std::int32_t budget) {
  const kv::PolicyEntry& entry = kv::find_policy("h2o");
  return entry.make(Params("h2o", entry.params(), params), {page_size, budget});
}

/// Partial sum of the harmonic series, 1 + 1/2 + ... + 1/n.
double harmonic(int n) {
  double sum = 0.0;
  for (int i = n; i >= 1; --i) sum += 1.0 / i;
  return sum;
}

/// Scores of all pages after n decode steps of uniform attention, without a recent window.
std::vector<float> uniform_scores(const std::string& score, std::int32_t page_size,
                                  std::int32_t n) {
  auto policy = make({{"score", score}, {"recent_share", "0"}}, page_size, 1 << 20);
  std::vector<std::int32_t> pages;
  std::vector<float> masses;
  for (std::int32_t t = 0; t < n; ++t) {
    if (t % page_size == 0) pages.push_back(t / page_size);
    fill(*policy, t, t, 1);
    masses.assign(pages.size(), static_cast<float>(page_size) / static_cast<float>(t + 1));
    masses.back() = static_cast<float>(t % page_size + 1) / static_cast<float>(t + 1);
    attend(*policy, t, pages, masses);
  }
  std::vector<UnitView> units;
  for (const std::int32_t page : pages) {
    units.push_back({page, {page * page_size, page_size}, page_size});
  }
  std::vector<float> keep(units.size());
  policy->score(0, units, keep);
  return keep;
}

}  // namespace

TEST_CASE("a page outside of a layer's window is scored by the layers that see it") {
  auto policy = make({{"score", "sum"}, {"recent_share", "0"}}, 1, 1 << 20);
  const std::vector<std::int32_t> pages{0, 1, 2};
  const std::vector<float> masses{0.5F, 0.25F, 0.25F, /*layer 1, window 2*/ 0.0F, 0.75F, 0.25F};
  const std::vector<std::int32_t> first_page{0, 1};
  fill(*policy, 0, 0, 3);
  policy->observe(PagesAttended{.episode = EpisodeId{0},
                                .thread = Thread::main,
                                .step = 0,
                                .query_rows = 1,
                                .layers = 2,
                                .kv_heads = 1,
                                .pages = pages,
                                .mean = masses,
                                .max = masses,
                                .first_page = first_page});
  const std::vector<UnitView> units{{0, {0, 1}, 1}, {1, {1, 1}, 1}, {2, {2, 1}, 1}};
  std::vector<float> keep(3);
  policy->score(0, units, keep);
  CHECK(keep == std::vector<float>{0.5F, 0.5F, 0.25F});
}

TEST_CASE("under uniform attention a token's sum is a difference of harmonic numbers") {
  constexpr int kTokens = 4096;
  const auto keep = uniform_scores("sum", 1, kTokens);
  for (int token : {1, 2, 100, 4000, 4096}) {  // counted from 1
    const double expected = harmonic(kTokens) - harmonic(token - 1);
    CHECK(keep[static_cast<std::size_t>(token - 1)] == Approx(expected).epsilon(1e-5));
  }
  // The age bias of the sum: the first token has 371 times the score of the 4000th.
  CHECK(keep[0] / keep[3999] == Approx(371.0).margin(0.5));
}

TEST_CASE("under uniform attention a token's mean is its sum over the steps that saw it") {
  constexpr int kTokens = 512;
  const auto keep = uniform_scores("mean", 1, kTokens);
  for (int token : {1, 7, 300, 512}) {
    const double expected = (harmonic(kTokens) - harmonic(token - 1)) / (kTokens - token + 1);
    CHECK(keep[static_cast<std::size_t>(token - 1)] == Approx(expected).epsilon(1e-5));
  }
}

TEST_CASE("under uniform attention a page's sum is that of its tokens") {
  constexpr int kTokens = 256;
  const auto of_tokens = uniform_scores("sum", 1, kTokens);
  const auto of_pages = uniform_scores("sum", 8, kTokens);
  for (std::size_t page = 0; page < of_pages.size(); ++page) {
    const auto first = of_tokens.begin() + static_cast<std::ptrdiff_t>(page * 8);
    CHECK(of_pages[page] == Approx(std::accumulate(first, first + 8, 0.0)).epsilon(1e-5));
  }
}

TEST_CASE("a prefill chunk counts as the rows that were measured") {
  auto policy = make({{"recent_share", "0"}}, 4, 64);
  fill(*policy, 0, 0, 8, StepKind::prefill);
  const std::vector<std::int32_t> pages{0, 1};
  const std::vector<float> masses{0.75F, 0.25F};
  policy->observe(PagesAttended{EpisodeId{0}, Thread::main, 0, 8, 1, 1, pages, masses, masses});
  const std::vector<UnitView> units{{0, {0, 4}, 4}, {1, {4, 4}, 4}};
  std::vector<float> keep(2);
  policy->score(0, units, keep);
  CHECK(keep == std::vector<float>{6.0F, 2.0F});
}

TEST_CASE("layers and KV heads count alike") {
  auto policy = make({{"recent_share", "0"}}, 4, 64);
  fill(*policy, 0, 0, 8, StepKind::prefill);
  const std::vector<std::int32_t> pages{0, 1};
  const std::vector<float> mean{1.0F, 0.0F, 0.5F, 0.5F, 0.25F, 0.75F, 0.0F, 1.0F};
  policy->observe(PagesAttended{EpisodeId{0}, Thread::main, 0, 1, 2, 2, pages, mean, mean});
  const std::vector<UnitView> units{{0, {0, 4}, 4}, {1, {4, 4}, 4}};
  std::vector<float> keep(2);
  policy->score(0, units, keep);
  CHECK(keep == std::vector<float>{1.75F / 4, 2.25F / 4});
}

TEST_CASE("H2O keeps the heavy hitter and the recent window") {
  // Pages of 4, budget 16: the window is the last 8 tokens, the heavy half two pages.
  EvictionController controller({.name = "h2o", .budget_tokens = 16}, 4);
  fill(controller, 0, 0, 16, StepKind::prefill);
  attend(controller, 0, {0, 1, 2, 3}, {0.1F, 0.6F, 0.1F, 0.2F});
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)).empty());
  fill(controller, 1, 16, 1);
  attend(controller, 1, {0, 1, 2, 3, 4}, {0.2F, 0.2F, 0.2F, 0.2F, 0.2F});
  // Sums: page 0 0.3, page 1 0.8; pages 2 to 4 reach into the window of positions 9 to 16.
  CHECK(spans_of(controller.victims(DecisionPoint::step_end)) == std::vector<TokenSpan>{{0, 4}});
}

TEST_CASE("sum and mean rank an old and a young page differently") {
  const auto victim = [](const std::string& score) {
    EvictionController controller(
        {.name = "h2o", .params = {{"score", score}, {"recent_share", "0"}}, .budget_tokens = 12},
        4);
    fill(controller, 0, 0, 4, StepKind::prefill);
    attend(controller, 0, {0}, {1.0F});
    for (int t = 1; t <= 8; ++t) {
      fill(controller, t, 3 + t, 1);
      attend(controller, t,
             t <= 4 ? std::vector<std::int32_t>{0, 1} : std::vector<std::int32_t>{0, 1, 2},
             t <= 4 ? std::vector<float>{0.5F, 0.5F} : std::vector<float>{0.1F, 0.4F, 0.5F});
    }
    fill(controller, 9, 12, 1);
    attend(controller, 9, {0, 1, 2, 3}, {0.0F, 0.0F, 0.0F, 1.0F});
    return spans_of(controller.victims(DecisionPoint::step_end)).at(0).first / 4;
  };
  // page 0: sum 3.4 of 10 rows; page 1: 3.6 of 9; page 2: 2.0 of 5. (Means 0.34, 0.4, 0.4.)
  CHECK(victim("sum") == 2);
  CHECK(victim("mean") == 0);
}
