// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/result_table.h"

namespace pagequest::cli {

/// Results go to stdout: as aligned text, or as one JSON document (an object with one array of
/// row objects a table).
void print_tables(std::span<const ResultTable> tables, bool as_json);

/// A line about what happens, on stderr.
void note(const std::string& text);

}  // namespace pagequest::cli
