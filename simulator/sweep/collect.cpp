// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/collect.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulator/sweep/sweep_range.h"

namespace pagequest::simulator {
namespace {

std::vector<std::string> metric_names(const PointResults& results) {
  std::set<std::string> names;
  for (const auto& result : results) {
    if (!result) continue;
    for (const auto& [name, value] : result->metrics) names.insert(name);
  }
  return {names.begin(), names.end()};
}

bool is_whole(double value) {
  constexpr double kMost = 9e15;
  return std::abs(value) < kMost && value == static_cast<double>(static_cast<std::int64_t>(value));
}

/// The axis' values as cells of one type.
std::vector<Cell> cells_of(const SweepAxis& axis) {
  std::vector<double> numbers(axis.values.size());
  bool all_numbers = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    all_numbers = all_numbers && parse_real(axis.values[i], numbers[i]);
  }
  if (!all_numbers) return {axis.values.begin(), axis.values.end()};
  if (!std::all_of(numbers.begin(), numbers.end(), is_whole)) {
    return {numbers.begin(), numbers.end()};
  }
  std::vector<Cell> cells;
  for (const double number : numbers) cells.emplace_back(static_cast<std::int64_t>(number));
  return cells;
}

class PointsTable {
 public:
  PointsTable(const SweepPlan& plan, const PointResults& results)
      : plan_(plan), results_(results), metrics_(metric_names(results)) {
    for (const auto& axis : plan.file.axes) axes_.push_back(cells_of(axis));
    for (const std::size_t i : front()) front_.insert(i);
  }

  [[nodiscard]] ResultTable build() const {
    ResultTable table("points", "Points of the sweep, in its order.", columns());
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (results_[i]) table.add(row(i, *results_[i]));
    }
    return table;
  }

 private:
  [[nodiscard]] std::vector<std::size_t> front() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < results_.size(); ++i) all.push_back(i);
    return front_of(plan_, results_, all);
  }

  [[nodiscard]] std::vector<Column> columns() const {
    std::vector<Column> columns = {{"point", ""}, {"id", ""}};
    for (const auto& axis : plan_.file.axes) columns.push_back({axis.name, ""});
    if (plan_.file.search) columns.push_back({"on_front", "1: not dominated"});
    columns.push_back({"error", ""});
    for (const auto& name : metrics_) columns.push_back({name, ""});
    return columns;
  }

  [[nodiscard]] std::vector<Cell> row(std::size_t point, const PointResult& result) const {
    std::vector<Cell> row = {static_cast<std::int64_t>(point), plan_.ids[point]};
    const auto at = coordinates_of(plan_.file, point);
    for (std::size_t a = 0; a < at.size(); ++a) row.push_back(axes_[a][at[a]]);
    if (plan_.file.search) row.emplace_back(std::int64_t{front_.contains(point) ? 1 : 0});
    row.emplace_back(result.error);
    for (const auto& name : metrics_) {
      const auto metric = result.metrics.find(name);
      row.push_back(metric == result.metrics.end() ? Cell(std::string()) : Cell(metric->second));
    }
    return row;
  }

  const SweepPlan& plan_;
  const PointResults& results_;
  std::vector<std::string> metrics_;
  std::vector<std::vector<Cell>> axes_;  // (axis, value)
  std::set<std::size_t> front_;
};

}  // namespace

ResultTable points_table(const SweepPlan& plan, const PointResults& results) {
  return PointsTable(plan, results).build();
}

ResultTable fixed_table(const SweepPlan& plan) {
  ResultTable table("fixed", "Settings that all points share.", {{"setting", ""}, {"value", ""}});
  for (const auto& [name, value] : plan.file.fixed) table.add({name, value});
  return table;
}

}  // namespace pagequest::simulator
