// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/io/capture_columns.h"
#include "traces/io/kernel_tables.h"
#include "traces/io/optional_tables.h"
#include "traces/io/table.h"
#include "traces/io/value_writer.h"
#include "traces/recording.h"
#include "traces/schema/v5_columns.h"

namespace pagequest::traces::io {

template <class Tuple>
struct WritersOf;
template <class... Rows>
struct WritersOf<std::tuple<Rows...>> {
  using Type = std::tuple<TableWriter<Rows>...>;
  static Type create(const Status& status, hid_t file) {
    return Type{TableWriter<Rows>(status, file)...};
  }
};

/// /episodes: the rows and, a pair of columns a table, where the episode's rows are.
class EpisodeWriter {
 public:
  EpisodeWriter(const Status& status, hid_t file, const Captures& captures);
  void append(const std::vector<schema::v5::EpisodeRow>& rows);
  void flush();

 private:
  void add_range(const Status& status, hid_t file, std::string_view table);

  TableWriter<schema::v1::EpisodeRow> rows_;
  std::vector<OptionalTable> optional_;
  std::vector<ColumnWriter> ranges_;
};

/// Every dataset of a trace that is being written.
struct TraceColumns {
  TraceColumns(const Status& status, hid_t file, const Header& header);

  /// Appends the values of a block. Returns where its masses begin.
  std::int64_t append(const PackedBlock& block);

  /// Appends the rows of a whole episode; its references become absolute.
  void append(EpisodeRecording& recording);
  /// Brings everything but /episodes into the file.
  void flush_data();

  WritersOf<schema::v5::EpisodeTables>::Type tables;
  EpisodeWriter episodes;
  TableWriter<schema::v5::UnfinishedRow> unfinished;
  ValueWriter<float> mean;
  ValueWriter<float> max;
  CaptureColumns captures;
  std::optional<KernelWriter> kernels;
};

}  // namespace pagequest::traces::io
