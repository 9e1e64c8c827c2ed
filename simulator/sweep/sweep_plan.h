// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "simulator/sweep/sweep_file.h"
#include "simulator/sweep/sweep_settings.h"

namespace pagequest::simulator {

/// All points of a sweep. Point i is the combination that i counts in mixed radix: the last axis
/// turns fastest.
struct SweepPlan {
  SweepFile file;
  std::vector<std::string> ids;  // (point), see point_id()

  [[nodiscard]] std::size_t size() const { return ids.size(); }
};

/// The point's index into the values of each axis.
[[nodiscard]] std::vector<std::size_t> coordinates_of(const SweepFile& file, std::size_t point);

/// The inverse of coordinates_of().
[[nodiscard]] std::size_t point_at(const SweepFile& file,
                                   const std::vector<std::size_t>& coordinates);

/// The fixed settings and the point's values of the axes.
[[nodiscard]] SweepSettings settings_of(const SweepFile& file, std::size_t point);

/// Resolves every point. Throws what `resolve` throws, and usage_error if two points are the same
/// configuration ("1" and "1.0").
[[nodiscard]] SweepPlan plan_sweep(SweepFile file, const ResolveSettings& resolve);

}  // namespace pagequest::simulator
