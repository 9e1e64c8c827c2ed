// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result_table.h"

namespace pagequest::cli {

/// Results go to stdout: as aligned text with all rows, or as one JSON document.
void print_tables(std::span<const ResultTable> tables, bool as_json);

/// The same, but as text long tables are left out and named, with their number of rows.
void print_short(std::span<const ResultTable> tables, bool as_json);

/// One CSV file a table in the folder, which is made if need be. Says so on stderr.
void write_csv(std::span<const ResultTable> tables, const std::filesystem::path& folder);

/// A line about what happens, on stderr.
void note(const std::string& text);

}  // namespace pagequest::cli
