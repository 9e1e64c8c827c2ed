// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "traces/header.h"
#include "traces/schema/v5_columns.h"

namespace pagequest::traces::io {

/// A table that /episodes refers to beside EpisodeTables: its name, and where a row of /episodes
/// keeps the range.
using OptionalTable = std::pair<std::string_view, schema::v5::Range schema::v5::EpisodeRow::*>;

/// Those that exist with these captures, in the order of their columns in /episodes.
[[nodiscard]] std::vector<OptionalTable> optional_tables(const Captures& captures);

}  // namespace pagequest::traces::io
