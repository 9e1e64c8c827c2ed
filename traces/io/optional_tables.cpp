// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/optional_tables.h"

namespace pagequest::traces::io {

using namespace schema::v4;

std::vector<OptionalTable> optional_tables(const Captures& captures) {
  std::vector<OptionalTable> tables;
  if (captures.key_bounds) {
    tables.emplace_back(schema::Table<KeyBoundsRow>::kName, &EpisodeRow::key_bounds);
  }
  if (captures.head_evictions) {
    tables.emplace_back(schema::Table<HeadEvictionRow>::kName, &EpisodeRow::head_evictions);
  }
  return tables;
}

}  // namespace pagequest::traces::io
