// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "base/result_table.h"

namespace pagequest::simulator {

/// Writes the tables into a new SQLite database under a temporary name and renames it to `path`:
/// integers, reals and texts as such, empty texts as NULL. Equal tables give equal bytes (with one
/// version of SQLite). Throws output_error.
void write_sqlite(std::span<const ResultTable> tables, const std::filesystem::path& path);

}  // namespace pagequest::simulator
