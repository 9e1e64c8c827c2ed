// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/optional_tables.h"

namespace pagequest::traces::io {

using namespace schema::v5;

std::vector<OptionalTable> optional_tables(const Captures& captures) {
  std::vector<OptionalTable> tables;
  if (captures.key_bounds) {
    tables.emplace_back(schema::Table<KeyBoundsRow>::kName, &EpisodeRow::key_bounds);
  }
  if (captures.head_evictions) {
    tables.emplace_back(schema::Table<HeadEvictionRow>::kName, &EpisodeRow::head_evictions);
  }
  if (captures.requantisations) {
    tables.emplace_back(schema::Table<RequantisationRow>::kName, &EpisodeRow::requantisations);
  }
  if (captures.key_reads) {
    tables.emplace_back(schema::Table<KeyReadsRow>::kName, &EpisodeRow::key_reads);
  }
  return tables;
}

}  // namespace pagequest::traces::io
