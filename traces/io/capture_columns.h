// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/io/column.h"
#include "traces/io/table.h"
#include "traces/io/value_writer.h"
#include "traces/recording.h"
#include "traces/schema/v5_columns.h"

namespace pagequest::traces::io {

/// The datasets of a trace that is being written which exist only if the header announces them.
class CaptureColumns {
 public:
  CaptureColumns(const Status& status, hid_t file, const Header& header);

  /// Values of a block, in the blocks' order.
  void append(const PackedBlock& block);
  /// Returns where the bounds begin.
  std::int64_t append(const KeyBounds& bounds);
  /// Rows of a whole episode; notes where they are.
  void append(EpisodeRecording& recording);
  /// Brings everything into the file. The next block's masses begin at `next_mass`.
  void flush(std::uint64_t next_mass);

 private:
  std::uint64_t group_size_;  // query heads that share a KV head
  std::uint64_t thresholds_;
  std::optional<ValueWriter<float>> query_head_mass_;
  std::optional<ValueWriter<std::uint64_t>> tokens_above_;
  std::optional<ColumnWriter> first_page_;
  std::optional<ColumnWriter> sink_share_;
  std::optional<ColumnWriter> query_cosine_;
  std::optional<TableWriter<schema::v5::KeyBoundsRow>> key_bounds_;
  std::optional<TableWriter<schema::v5::HeadEvictionRow>> head_evictions_;
  std::optional<TableWriter<schema::v5::RequantisationRow>> requantisations_;
  std::optional<TableWriter<schema::v5::KeyReadsRow>> key_reads_;
  std::optional<ColumnWriter> keys_read_;
  std::optional<ValueWriter<float>> lowest_;
  std::optional<ValueWriter<float>> highest_;
};

}  // namespace pagequest::traces::io
