// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace pagequest::simulator {

/// Values that a parameter of the presets may have.
struct ParamRange {
  bool integer;
  double least;
  double most;
};

inline constexpr std::array<std::string_view, 3> kEpisodePresets = {"bcp-high", "bcp-medium",
                                                                    "frames"};

/// One parameter of all presets.
struct EpisodeParamRow {
  std::string_view name;
  std::array<double, kEpisodePresets.size()> defaults;  // in the order of kEpisodePresets
  ParamRange range;
  std::string_view help;  // with the source, or the word assumption
};

[[nodiscard]] std::span<const EpisodeParamRow> episode_param_table();

}  // namespace pagequest::simulator
