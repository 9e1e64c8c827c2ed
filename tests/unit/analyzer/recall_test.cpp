// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "analyzer/recency_recall.h"
#include "base/rng.h"
#include "tests/unit/analyzer/mini_trace.h"

namespace pagequest::analyzer {
namespace {

using Pages = std::vector<std::int32_t>;

struct Step {
  Pages candidates;
  Pages accessed;
  std::int32_t written = 0;
};

/// Page 0 and the newest page are resident; now and then a page is evicted for good.
std::vector<Step> random_steps(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Step> steps;
  std::set<std::int32_t> evicted;
  for (std::size_t t = 0; t < count; ++t) {
    Step step;
    step.written = static_cast<std::int32_t>(3 + t / 4);
    for (std::int32_t page = 1; page < step.written; ++page) {
      if (evicted.count(page) == 0) step.candidates.push_back(page);
    }
    for (const std::int32_t page : step.candidates) {
      if (rng.chance(page % 7 == 0 ? 0.5 : 0.04)) step.accessed.push_back(page);
    }
    if (rng.chance(0.1)) evicted.insert(step.candidates[rng.below(step.candidates.size())]);
    steps.push_back(std::move(step));
  }
  return steps;
}

/// The definition, word for word, with sets; nothing is kept from one step to the next.
std::vector<Recall> by_definition(const std::vector<Step>& steps, std::int32_t k, double share) {
  std::vector<Recall> recalls;
  const std::size_t ahead = static_cast<std::size_t>(k);
  for (std::size_t t = 0; t + ahead < steps.size(); ++t) {
    std::map<std::int32_t, std::size_t> touched;
    for (std::size_t s = 0; s <= t; ++s) {
      for (const auto page : steps[s].candidates) touched.emplace(page, s);
      for (const auto page : steps[s].accessed) touched[page] = s;
      touched[steps[s].written] = s;
    }
    Pages by_touch = steps[t].candidates;
    std::sort(by_touch.begin(), by_touch.end(), [&](std::int32_t a, std::int32_t b) {
      return std::pair(touched.at(a), a) > std::pair(touched.at(b), b);
    });
    const auto n = static_cast<double>(by_touch.size());
    const auto b = static_cast<std::size_t>(std::max(1.0, std::round(share * n)));
    const std::set<std::int32_t> candidates(by_touch.begin(), by_touch.end());
    std::set<std::int32_t> used;
    for (std::size_t s = t + 1; s <= t + ahead; ++s) {
      for (const auto page : steps[s].accessed) {
        if (candidates.count(page) > 0) used.insert(page);
      }
    }
    if (used.empty()) continue;
    const auto recall = [&](auto first, auto last) {
      return static_cast<double>(
                 std::count_if(first, last, [&](auto p) { return used.count(p); })) /
             static_cast<double>(used.size());
    };
    recalls.push_back(
        {static_cast<std::int32_t>(t),
         recall(by_touch.begin(), by_touch.begin() + static_cast<long>(b)),
         recall(candidates.rbegin(), std::next(candidates.rbegin(), static_cast<long>(b))),
         static_cast<double>(b) / n});
  }
  return recalls;
}

TEST_CASE("recency recall equals its definition on random streams") {
  const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2});
  const std::int32_t k = GENERATE(1, 5, 12);
  const double share = GENERATE(0.05, 0.2, 1.0);
  const auto steps = random_steps(300, seed);
  RecencyRecall recall(k, share);
  std::vector<Recall> measured;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const auto& [candidates, accessed, written] = steps[t];
    const auto due = recall.step({candidates, accessed, written}, static_cast<std::int32_t>(t));
    if (due) measured.push_back(*due);
  }
  const auto expected = by_definition(steps, k, share);
  REQUIRE(measured.size() == expected.size());
  REQUIRE(expected.size() > 100);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(measured[i].band == expected[i].band);
    CHECK(measured[i].accessed_recently == Approx(expected[i].accessed_recently));
    CHECK(measured[i].created_recently == Approx(expected[i].created_recently));
    CHECK(measured[i].random == Approx(expected[i].random));
  }
}

TEST_CASE("keeping every page recalls everything") {
  RecencyRecall recall(3, 1.0);
  std::size_t judged = 0;
  for (const auto& [candidates, accessed, written] : random_steps(60, 5)) {
    const auto due = recall.step({candidates, accessed, written}, 0);
    if (!due) continue;
    ++judged;
    CHECK(due->accessed_recently == 1.0);
    CHECK(due->random == 1.0);
  }
  CHECK(judged > 20);
}

TEST_CASE("recall is reported by the position of the predicting token") {
  const auto analysis = testing::make_analysis(
      "recency-recall",
      {{"thresholds", "0.2"}, {"k", "1"}, {"share", "0.5"}, {"bands", "0,21,100"}});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  // Pages 1 to 4 at hand, so B = 2; page 5 is written. First seen together: 4 and 3 are predicted.
  trace.decode(20, {0.1F, 0.3F, 0.0F, 0.3F, 0.0F, 0.3F});  // then touched last: 3, 1
  trace.decode(21, {0.1F, 0.0F, 0.4F, 0.4F, 0.0F, 0.1F});  // of {2, 3} 3 was foretold: 1/2
  trace.decode(22, {0.1F, 0.0F, 0.4F, 0.4F, 0.0F, 0.1F});  // of {2, 3} both: 1
  trace.end();
  const auto tables = analysis->results();
  const auto& recall = testing::table(tables, "recency_recall");
  REQUIRE(recall.rows().size() == 3);
  CHECK(recall.text(0, "positions") == "all");
  CHECK(recall.number(0, "steps") == 2);
  CHECK(recall.number(0, "recall_accessed") == Approx(0.75));
  CHECK(recall.text(1, "positions") == "0 to 20");
  CHECK(recall.number(1, "recall_accessed") == Approx(0.5));
  CHECK(recall.number(1, "recall_created") == Approx(0.5));
  CHECK(recall.number(1, "random") == Approx(0.5));
  CHECK(recall.text(2, "positions") == "21 to 99");
  CHECK(recall.number(2, "recall_accessed") == Approx(1.0));
  CHECK(testing::table(tables, "recency_recall_by_head").number(0, "recall_accessed") ==
        Approx(0.75));
}

}  // namespace
}  // namespace pagequest::analyzer
