// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "simulator/sweep/sweep_settings.h"

namespace pagequest::simulator {

/// What one point gave: metrics by name, or why its configuration can't be simulated.
struct PointResult {
  std::map<std::string, double> metrics;  // finite ones
  std::string error;                      // empty: it was simulated
};

/// The content of a point's result file, JSON. Metrics that are not finite are left out. Equal
/// arguments give equal bytes: neither times nor hosts are in it.
[[nodiscard]] std::string result_text(const std::string& id, const SweepSettings& resolved,
                                      const PointResult& result);

/// Nothing if the text is not a whole result of that id, as after a crash of a disk.
[[nodiscard]] std::optional<PointResult> parse_result(const std::string& text,
                                                      const std::string& id);

}  // namespace pagequest::simulator
