// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/pareto_search.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>
#include <string>

#include "base/error.h"
#include "base/params.h"
#include "simulator/sweep/pareto_front.h"
#include "simulator/sweep/sweep_range.h"

namespace pagequest::simulator {
namespace {

using Points = std::vector<std::size_t>;

bool has_numbers(const SweepAxis& axis) {
  double ignored = 0.0;
  return std::all_of(axis.values.begin(), axis.values.end(),
                     [&](const std::string& value) { return parse_real(value, ignored); });
}

std::size_t coarse_stride(const SweepAxis& axis) {
  if (!has_numbers(axis)) return 1;
  return std::bit_floor(std::max<std::size_t>(1, (axis.values.size() - 1) / 2));
}

std::vector<double> costs_of(const std::vector<Objective>& objectives, const PointResult& result) {
  std::vector<double> costs;
  for (const auto& objective : objectives) {
    const auto at = result.metrics.find(objective.metric);
    if (at == result.metrics.end()) return {};
    costs.push_back(objective.maximise ? -at->second : at->second);
  }
  return costs;
}

void expect_metrics(const SearchSpec& search, const PointResults& results, const Points& points) {
  std::set<std::string> names;
  for (const std::size_t point : points) {
    for (const auto& [name, value] : results[point]->metrics) names.insert(name);
  }
  for (const auto& objective : search.objectives) {
    if (names.empty() || names.contains(objective.metric)) continue;
    throw_unknown_name("metric", objective.metric, {names.begin(), names.end()});
  }
}

/// The rounds of one search, replayed over the results that there are.
class Search {
 public:
  Search(const SweepPlan& plan, const PointResults& results) : plan_(plan), results_(results) {
    for (const auto& axis : plan.file.axes) strides_.push_back(coarse_stride(axis));
  }

  [[nodiscard]] SweepProgress run() {
    add(coarse_grid());
    while (progress_.missing.empty()) {
      expect_metrics(*plan_.file.search, results_, progress_.reached);
      const Points next = next_round();
      if (next.empty()) break;
      add(next);
    }
    return std::move(progress_);
  }

 private:
  [[nodiscard]] std::size_t budget() const {
    return static_cast<std::size_t>(plan_.file.search->points);
  }

  [[nodiscard]] bool is_coarse(std::size_t point) const {
    const auto at = coordinates_of(plan_.file, point);
    for (std::size_t a = 0; a < at.size(); ++a) {
      const bool is_last = at[a] + 1 == plan_.file.axes[a].values.size();
      if (at[a] % strides_[a] != 0 && !is_last) return false;
    }
    return true;
  }

  [[nodiscard]] Points coarse_grid() const {
    Points grid;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (is_coarse(i)) grid.push_back(i);
    }
    if (grid.size() <= budget()) return grid;
    throw usage_error(
        {.what = "the budget of the search is too small",
         .where = "search, points",
         .found = std::to_string(budget()),
         .expected = "at least the " + std::to_string(grid.size()) + " points of its coarse grid",
         .hint = {}});
  }

  void add(const Points& round) {
    for (const std::size_t point : round) {
      progress_.reached.push_back(point);
      seen_.insert(point);
      if (!results_[point]) progress_.missing.push_back(point);
    }
  }

  [[nodiscard]] Points next_round() {
    const Points front = front_of(plan_, results_, progress_.reached);
    Points next = neighbours(front);
    while (next.empty() && halve_strides()) next = neighbours(front);
    next.resize(std::min(next.size(), budget() - progress_.reached.size()));
    return next;
  }

  [[nodiscard]] Points neighbours(const Points& front) const {
    std::set<std::size_t> found;
    for (const std::size_t point : front) {
      for (std::size_t a = 0; a < strides_.size(); ++a) add_along(point, a, found);
    }
    return {found.begin(), found.end()};
  }

  void add_along(std::size_t point, std::size_t axis, std::set<std::size_t>& found) const {
    auto at = coordinates_of(plan_.file, point);
    const std::size_t here = at[axis];
    const auto add_if_new = [&](std::size_t value) {
      at[axis] = value;
      const std::size_t other = point_at(plan_.file, at);
      if (!seen_.contains(other)) found.insert(other);
    };
    if (here >= strides_[axis]) add_if_new(here - strides_[axis]);
    if (here + strides_[axis] < plan_.file.axes[axis].values.size()) {
      add_if_new(here + strides_[axis]);
    }
  }

  /// False if all were 1.
  bool halve_strides() {
    bool changed = false;
    for (std::size_t& stride : strides_) {
      changed = changed || stride > 1;
      stride = std::max<std::size_t>(1, stride / 2);
    }
    return changed;
  }

  const SweepPlan& plan_;
  const PointResults& results_;
  std::vector<std::size_t> strides_;  // (axis)
  std::set<std::size_t> seen_;
  SweepProgress progress_;
};

SweepProgress grid_progress(const PointResults& results) {
  SweepProgress progress;
  progress.reached.resize(results.size());
  std::iota(progress.reached.begin(), progress.reached.end(), std::size_t{0});
  for (const std::size_t i : progress.reached) {
    if (!results[i]) progress.missing.push_back(i);
  }
  return progress;
}

}  // namespace

SweepProgress progress_of(const SweepPlan& plan, const PointResults& results) {
  return plan.file.search ? Search(plan, results).run() : grid_progress(results);
}

Points front_of(const SweepPlan& plan, const PointResults& results, const Points& points) {
  if (!plan.file.search) return {};
  Points candidates;
  std::vector<std::vector<double>> costs;
  for (const std::size_t point : points) {
    if (!results[point]) continue;
    auto cost = costs_of(plan.file.search->objectives, *results[point]);
    if (cost.empty()) continue;
    candidates.push_back(point);
    costs.push_back(std::move(cost));
  }
  Points front;
  for (const std::size_t i : pareto_front(costs)) front.push_back(candidates[i]);
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace pagequest::simulator
