// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>

#include "base/rng.h"
#include "simulator/sweep/pareto_front.h"
#include "simulator/sweep/pareto_search.h"
#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

using Points = std::vector<std::size_t>;

/// By the definition: nobody is at most as large everywhere and smaller somewhere.
Points brute_force_front(const std::vector<std::vector<double>>& costs) {
  Points front;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    bool dominated = false;
    for (std::size_t j = 0; j < costs.size(); ++j) {
      bool no_larger = true;
      bool smaller = false;
      for (std::size_t k = 0; k < costs[i].size(); ++k) {
        no_larger = no_larger && costs[j][k] <= costs[i][k];
        smaller = smaller || costs[j][k] < costs[i][k];
      }
      dominated = dominated || (no_larger && smaller);
    }
    if (!dominated) front.push_back(i);
  }
  return front;
}

TEST_CASE("The Pareto front is that of the definition") {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    const auto objectives = static_cast<std::size_t>(rng.between(1, 4));
    std::vector<std::vector<double>> costs(static_cast<std::size_t>(rng.between(0, 60)));
    for (auto& cost : costs) {
      // Few values, so that ties and duplicates are common.
      for (std::size_t k = 0; k < objectives; ++k) cost.push_back(rng.between(-3, 3));
    }
    REQUIRE(pareto_front(costs) == brute_force_front(costs));
  }
}

/// Evaluates what the search asks for until it asks for nothing.
template <class Evaluate>
SweepProgress searched(const SweepPlan& plan, const Evaluate& evaluate, PointResults& results) {
  SweepProgress progress = progress_of(plan, results);
  while (!progress.missing.empty()) {
    for (const std::size_t point : progress.missing) results[point] = evaluate(point);
    progress = progress_of(plan, results);
  }
  return progress;
}

SweepPlan search_of_17_by_17(int budget) {
  return planned(
      "axes:\n"
      "  concurrency: {from: 0, to: 16, step: 1}\n"
      "  share: {from: 0, to: 16, step: 1}\n"
      "search: {minimise: [a, b], points: " +
      std::to_string(budget) + "}\n");
}

/// Distances to two corners of the grid: the front is the edge between them.
PointResult two_distances(const SweepPlan& plan, std::size_t point) {
  const auto at = coordinates_of(plan.file, point);
  const double x = static_cast<double>(at[0]);
  const double y = static_cast<double>(at[1]);
  return {.metrics = {{"a", std::hypot(x, y - 5.0)}, {"b", std::hypot(x - 16.0, y - 5.0)}},
          .error = {}};
}

TEST_CASE("A search finds the whole front of a convex problem with part of the points") {
  const SweepPlan plan = search_of_17_by_17(289);
  PointResults results(plan.size());
  const auto progress = searched(
      plan, [&](std::size_t point) { return two_distances(plan, point); }, results);
  PointResults all(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) all[i] = two_distances(plan, i);
  Points every(plan.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  CHECK(front_of(plan, results, progress.reached) == front_of(plan, all, every));
  CHECK(progress.reached.size() < 130);  // of 289
}

TEST_CASE("A search evaluates no point twice and stays within its budget") {
  for (const int budget : {9, 10, 25, 60}) {
    const SweepPlan plan = search_of_17_by_17(budget);
    PointResults results(plan.size());
    int evaluated = 0;
    const auto progress = searched(
        plan,
        [&](std::size_t point) {
          ++evaluated;
          return two_distances(plan, point);
        },
        results);
    CHECK(evaluated == budget);
    CHECK(std::set<std::size_t>(progress.reached.begin(), progress.reached.end()).size() ==
          progress.reached.size());
  }
}

TEST_CASE("A search that lost some results goes on to the same points") {
  const SweepPlan plan = search_of_17_by_17(60);
  const auto evaluate = [&](std::size_t point) { return two_distances(plan, point); };
  PointResults whole(plan.size());
  const auto reached = searched(plan, evaluate, whole).reached;
  Rng rng(3);
  for (int round = 0; round < 20; ++round) {
    PointResults some = whole;
    for (auto& result : some) {
      if (rng.chance(0.3)) result.reset();
    }
    CHECK(searched(plan, evaluate, some).reached == reached);
  }
}

TEST_CASE("The coarse grid has all values of texts, and ends and middles of numbers") {
  const SweepPlan plan = planned(
      "axes: {policy: [full, h2o, rkv], share: {from: 1, to: 10, step: 1}}\n"
      "search: {minimise: [a], points: 30}\n");
  std::set<std::string> coarse;
  for (const std::size_t point : progress_of(plan, PointResults(plan.size())).missing) {
    const auto settings = settings_of(plan.file, point);
    coarse.insert(settings.at("policy") + settings.at("share"));
  }
  CHECK(coarse == std::set<std::string>{"full1", "full5", "full9", "full10", "h2o1", "h2o5", "h2o9",
                                        "h2o10", "rkv1", "rkv5", "rkv9", "rkv10"});
}

TEST_CASE("A search needs a budget for its coarse grid and metrics that exist") {
  const SweepPlan small = search_of_17_by_17(8);
  CHECK(message_of([&] {
          return progress_of(small, PointResults(small.size()));
        }).find("at least the 9 points") != std::string::npos);
  const SweepPlan plan = search_of_17_by_17(9);
  PointResults results(plan.size());
  for (auto& result : results)
    result = PointResult{.metrics = {{"a", 1.0}, {"c", 1.0}}, .error = {}};
  CHECK(message_of([&] { return progress_of(plan, results); }).find("a, c") != std::string::npos);
}

TEST_CASE("Failed points are reached and never on the front") {
  const SweepPlan plan = planned(
      "axes: {share: [1, 2, 3]}\n"
      "search: {maximise: [a], points: 3}\n");
  PointResults results(plan.size());
  results[0] = PointResult{.metrics = {}, .error = "no room"};
  results[1] = PointResult{.metrics = {{"a", 1.0}}, .error = {}};
  results[2] = PointResult{.metrics = {{"a", 2.0}}, .error = {}};
  const auto progress = progress_of(plan, results);
  CHECK(progress.missing.empty());
  CHECK(progress.reached.size() == 3);
  CHECK(front_of(plan, results, progress.reached) == Points{2});
}

TEST_CASE("Without a search the progress is the grid less what has results") {
  const SweepPlan plan = planned("axes: {share: [1, 2, 3]}\n");
  PointResults results(plan.size());
  results[1] = PointResult{};
  CHECK(progress_of(plan, results).missing == Points{0, 2});
  CHECK(progress_of(plan, results).reached == Points{0, 1, 2});
}

}  // namespace
}  // namespace pagequest::simulator
