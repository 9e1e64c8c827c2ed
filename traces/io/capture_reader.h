// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/io/column.h"
#include "traces/io/table.h"
#include "traces/recording.h"
#include "traces/schema/v5_columns.h"

namespace pagequest::traces::io {

/// Reads the datasets that exist only if the header announces them. A dataset that is missing or
/// not announced is an input_error, and so is every reference outside its dataset.
class CaptureReader {
 public:
  CaptureReader(const Status& status, hid_t file, const Header& header);

  /// What lies in the order of attention/steps, and the rows of key_bounds, of the episode.
  void read_rows(EpisodeRecording& recording) const;
  /// The values of a block whose shape, steps, pages and masses are set.
  void read_block(const schema::v5::BlockRow& row, PackedBlock& block) const;
  /// The rows of head_evictions, requantisations and key_reads of the episode, with their values.
  void read_stored_tokens(EpisodeRecording& recording) const;
  [[nodiscard]] KeyBounds read_bounds(const schema::v5::KeyBoundsRow& row) const;

 private:
  const Status* status_;
  std::int64_t layers_;
  std::int64_t groups_;  // layers * KV heads
  std::int64_t head_dim_;
  std::int64_t group_size_;  // query heads that share a KV head
  std::int64_t thresholds_;
  std::optional<ColumnReader> query_head_mass_;
  std::optional<ColumnReader> tokens_above_;
  std::optional<ColumnReader> first_page_;
  std::optional<ColumnReader> sink_share_;
  std::optional<ColumnReader> query_cosine_;
  std::optional<TableReader<schema::v5::KeyBoundsRow>> key_bounds_;
  std::optional<TableReader<schema::v5::HeadEvictionRow>> head_evictions_;
  std::optional<TableReader<schema::v5::RequantisationRow>> requantisations_;
  std::optional<TableReader<schema::v5::KeyReadsRow>> key_reads_;
  std::optional<ColumnReader> keys_read_;
  std::optional<ColumnReader> lowest_;
  std::optional<ColumnReader> highest_;
};

}  // namespace pagequest::traces::io
