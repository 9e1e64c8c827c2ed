// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/sweep/sweep_settings.h"

namespace pagequest::simulator {

/// A setting that a sweep varies, with its values in the order of the file.
struct SweepAxis {
  std::string name;
  std::vector<std::string> values;

  [[nodiscard]] bool operator==(const SweepAxis&) const = default;
};

/// A metric that a search makes as large, or as small, as it can.
struct Objective {
  std::string metric;
  bool maximise = false;

  [[nodiscard]] bool operator==(const Objective&) const = default;
};

struct SearchSpec {
  std::vector<Objective> objectives;
  std::int64_t points = 0;  // to evaluate at most

  [[nodiscard]] bool operator==(const SearchSpec&) const = default;
};

/// What a sweep file says. Without `search`, every combination of the axes' values is a point.
struct SweepFile {
  SweepSettings fixed;
  std::vector<SweepAxis> axes;
  std::optional<SearchSpec> search;

  [[nodiscard]] bool operator==(const SweepFile&) const = default;
};

/// What names may stand in a sweep file. Without metrics, those of a search are not checked.
struct SweepNames {
  std::vector<std::string> settings;
  std::vector<std::string> metrics;
};

constexpr std::int64_t kMostSweepPoints = 1'000'000;

/// Parses a sweep file, YAML 1.2:
///
///     fixed:  {machine: h100-sxm-80gb, serve: gpt-oss-20b}
///     axes:
///       concurrency: [8, 16, 32]
///       hbm_utilisation: {from: 0.5, to: 0.9, step: 0.1}   # the end included
///       max_batch_tokens: {from: 512, to: 8192, times: 2}
///     search: {maximise: [output_throughput], minimise: [tpot_p99], points: 40}   # optional
///
/// `where` names the file in messages. Throws input_error with the line on anything else: no YAML,
/// unknown keys (the valid ones are listed), a setting twice, ranges without end, more than
/// kMostSweepPoints points.
[[nodiscard]] SweepFile parse_sweep(const std::string& text, const std::string& where,
                                    const SweepNames& names);

}  // namespace pagequest::simulator
