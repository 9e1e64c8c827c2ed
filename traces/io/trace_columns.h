// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "traces/io/table.h"
#include "traces/recording.h"
#include "traces/schema/v1_columns.h"

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

/// Masses of all blocks. Whole chunks go to the file; a flush pads the last one, so that no chunk
/// is ever written twice.
class MassWriter {
 public:
  MassWriter(const Status& status, hid_t file, std::string_view name, std::string_view description);
  [[nodiscard]] std::uint64_t next() const { return column_.rows() + pending_.size(); }
  void append(const std::vector<float>& values);
  void flush();

 private:
  ColumnWriter column_;
  std::vector<float> pending_;
};

/// /episodes: the rows and, a pair of columns a table, where the episode's rows are.
class EpisodeWriter {
 public:
  EpisodeWriter(const Status& status, hid_t file);
  void append(const std::vector<schema::v1::EpisodeRow>& rows);
  void flush();

 private:
  TableWriter<schema::v1::EpisodeRow> rows_;
  std::vector<ColumnWriter> ranges_;
};

/// Every dataset of a trace that is being written.
struct TraceColumns {
  TraceColumns(const Status& status, hid_t file);

  /// Appends the rows of a whole episode; its references become absolute.
  void append(EpisodeRecording& recording);
  /// Brings everything but /episodes into the file.
  void flush_data();

  WritersOf<schema::v1::EpisodeTables>::Type tables;
  EpisodeWriter episodes;
  TableWriter<schema::v1::UnfinishedRow> unfinished;
  MassWriter mean;
  MassWriter max;
};

}  // namespace pagequest::traces::io
