// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_plan.h"

#include <map>
#include <utility>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

std::size_t points_of(const SweepFile& file) {
  std::size_t points = 1;
  for (const auto& axis : file.axes) points *= axis.values.size();
  return points;
}

}  // namespace

std::vector<std::size_t> coordinates_of(const SweepFile& file, std::size_t point) {
  std::vector<std::size_t> coordinates(file.axes.size());
  for (std::size_t a = file.axes.size(); a > 0; --a) {
    const std::size_t values = file.axes[a - 1].values.size();
    coordinates[a - 1] = point % values;
    point /= values;
  }
  return coordinates;
}

std::size_t point_at(const SweepFile& file, const std::vector<std::size_t>& coordinates) {
  std::size_t point = 0;
  for (std::size_t a = 0; a < file.axes.size(); ++a) {
    point = point * file.axes[a].values.size() + coordinates[a];
  }
  return point;
}

SweepSettings settings_of(const SweepFile& file, std::size_t point) {
  SweepSettings settings = file.fixed;
  const auto coordinates = coordinates_of(file, point);
  for (std::size_t a = 0; a < file.axes.size(); ++a) {
    settings[file.axes[a].name] = file.axes[a].values[coordinates[a]];
  }
  return settings;
}

SweepPlan plan_sweep(SweepFile file, const ResolveSettings& resolve) {
  SweepPlan plan;
  std::map<std::string, std::size_t> first;
  for (std::size_t point = 0; point < points_of(file); ++point) {
    plan.ids.push_back(point_id(resolve(settings_of(file, point))));
    const auto [at, is_new] = first.emplace(plan.ids.back(), point);
    if (is_new) continue;
    throw usage_error(
        {.what = "a sweep has one configuration twice",
         .where = "points " + std::to_string(at->second) + " and " + std::to_string(point),
         .found = "values of an axis that mean the same",
         .expected = "each value once",
         .hint = {}});
  }
  plan.file = std::move(file);
  return plan;
}

}  // namespace pagequest::simulator
