// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {

/// Renders a report into files. Deterministic: the same report gives the same bytes. Throws
/// output_error if a file can't be written; files are written whole or not at all.
struct ExporterEntry {
  std::string_view name;
  std::string_view description;  // one line
  std::string_view suffix;       // of the target, ".html"; "" if the target is a folder
  /// Returns the files that it wrote.
  std::vector<std::filesystem::path> (*write)(const Report& report,
                                              const std::filesystem::path& target);
};

}  // namespace pagequest::notebooks_export
