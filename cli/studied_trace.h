// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result_table.h"
#include "cli/simulation.h"
#include "traces/header.h"

namespace pagequest::cli {

/// A trace with everything that a report shows of it.
struct StudiedTrace {
  std::string label;  // the policy; with the file's name where two traces share it
  std::filesystem::path path;
  traces::Header header;
  std::vector<ResultTable> analyses;
  std::vector<ResultTable> simulation;

  /// A table of either kind; it must be there.
  [[nodiscard]] const ResultTable& table(std::string_view name) const;
};

/// Analyses and simulates each trace. Progress on stderr.
[[nodiscard]] std::vector<StudiedTrace> study_traces(
    const std::vector<std::filesystem::path>& paths, const SimulationOptions& simulation);

}  // namespace pagequest::cli
