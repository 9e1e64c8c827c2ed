// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <vector>

#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/io/capture_reader.h"
#include "traces/io/table.h"
#include "traces/recording.h"
#include "traces/schema/v5_columns.h"

namespace pagequest::traces::io {

template <class Tuple>
struct ReadersOf;
template <class... Rows>
struct ReadersOf<std::tuple<Rows...>> {
  using Type = std::tuple<TableReader<Rows>...>;
  static Type open(const Status& status, hid_t file) {
    return Type{TableReader<Rows>(status, file)...};
  }
};

/// Reads episodes of a file of any supported version. Every size and reference is checked before it
/// is used; what doesn't fit is an input_error.
class EpisodeReader {
 public:
  EpisodeReader(const Status& status, hid_t file, const Header& header);

  /// The rows of /episodes whose columns are all there, in the order of the file.
  [[nodiscard]] const std::vector<schema::v5::EpisodeRow>& episodes() const { return episodes_; }
  [[nodiscard]] std::vector<schema::v5::UnfinishedRow> unfinished() const;

  /// The rows of one episode, references made relative to it again. Without attention the tables of
  /// attention stay empty.
  [[nodiscard]] EpisodeRecording read(const schema::v5::EpisodeRow& episode,
                                      bool with_attention) const;

  /// Block `number` of a recording that was read with attention.
  [[nodiscard]] PackedBlock read_block(const EpisodeRecording& recording, std::size_t number) const;
  /// The values of row `row` of its key_bounds.
  [[nodiscard]] KeyBounds read_bounds(const EpisodeRecording& recording, std::size_t row) const;

 private:
  void read_episodes(hid_t file, const Captures& captures);
  template <class Row>
  void read_table(const schema::v5::Range& range, EpisodeRecording& recording) const;
  void make_relative(EpisodeRecording& recording) const;

  const Status* status_;
  BlockShape shape_;
  ReadersOf<schema::v5::EpisodeTables>::Type tables_;
  TableReader<schema::v1::EpisodeRow> episode_rows_;
  TableReader<schema::v5::UnfinishedRow> unfinished_;
  ColumnReader mean_;
  ColumnReader max_;
  CaptureReader captures_;
  std::vector<schema::v5::EpisodeRow> episodes_;
};

}  // namespace pagequest::traces::io
