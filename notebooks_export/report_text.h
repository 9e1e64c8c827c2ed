// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/result_table.h"

namespace pagequest::notebooks_export {

struct TextOptions {
  std::size_t width = 100;    // columns of the terminal; wider tables are split
  std::size_t max_rows = 40;  // 0: all; a line says how many are left out
  bool description = true;    // above the table
};

/// A table as text for a terminal: aligned columns (numbers to the right), units in a second header
/// line, ends with a newline. A table wider than the terminal is cut into bands that each repeat
/// the first column; one of a single row is written as a list of names and values.
[[nodiscard]] std::string to_text(const ResultTable& table, const TextOptions& options = {});

}  // namespace pagequest::notebooks_export
