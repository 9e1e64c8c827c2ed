// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/capture_reader.h"

#include <algorithm>
#include <string>

#include "traces/io/references.h"

namespace pagequest::traces::io {
namespace {

using namespace schema::v5;

template <class T>
std::optional<ColumnReader> open(const Status& status, hid_t file, std::string_view name,
                                 bool announced) {
  if (announced) {
    return std::optional<ColumnReader>(std::in_place, status, file, std::string(name),
                                       element_type<T>());
  }
  expect_absent(status, file, name);
  return std::nullopt;
}

template <class Row>
void open_table(const Status& status, hid_t file, bool announced,
                std::optional<TableReader<Row>>& table) {
  if (announced) {
    table.emplace(status, file);
  } else {
    expect_absent(status, file, schema::Table<Row>::kName);
  }
}

template <class Row>
void read_table(const Status& status, const std::optional<TableReader<Row>>& table,
                const Range& range, std::vector<Row>& rows) {
  if (!table) return;
  expect_inside(status, schema::Table<Row>::kName, range.begin, range.count, table->rows());
  rows =
      table->read(static_cast<std::uint64_t>(range.begin), static_cast<std::uint64_t>(range.count));
}

template <class T>
void read(const Status& status, const std::optional<ColumnReader>& column, std::string_view name,
          std::int64_t begin, std::int64_t count, std::vector<T>& values) {
  if (!column) return;
  expect_inside(status, name, begin, count, column->rows());
  values.resize(static_cast<std::size_t>(count));
  column->read(static_cast<std::uint64_t>(begin), values.size(), values.data());
}

/// Of two numbers of a file that may be hostile: -1, which no reference may be, if it overflows.
std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? -1 : out;
}

}  // namespace

CaptureReader::CaptureReader(const Status& status, hid_t file, const Header& header)
    : status_(&status),
      layers_(header.layers),
      groups_(std::int64_t{header.layers} * header.kv_heads),
      head_dim_(header.head_dim),
      group_size_(header.query_heads / std::max(1, header.kv_heads)),
      thresholds_(std::ssize(header.captures.thresholds)) {
  const Captures& captures = header.captures;
  query_head_mass_ = open<float>(status, file, kQueryHeadMasses, captures.query_heads);
  tokens_above_ = open<std::uint64_t>(status, file, kTokensAbove, thresholds_ > 0);
  first_page_ = open<std::int32_t>(status, file, kFirstPages, header.has_windows());
  sink_share_ = open<float>(status, file, kSinkShares, captures.sink_share);
  query_cosine_ = open<float>(status, file, kQueryCosines, captures.query_cosine);
  lowest_ = open<float>(status, file, kLowestKeys, captures.key_bounds);
  highest_ = open<float>(status, file, kHighestKeys, captures.key_bounds);
  open_table(status, file, captures.key_bounds, key_bounds_);
  open_table(status, file, captures.head_evictions, head_evictions_);
  open_table(status, file, captures.requantisations, requantisations_);
  open_table(status, file, captures.key_reads, key_reads_);
  keys_read_ = open<std::int32_t>(status, file, kKeyReads, captures.key_reads);
}

void CaptureReader::read_rows(EpisodeRecording& recording) const {
  constexpr std::size_t kAttentionTable = 11;
  static_assert(std::is_same_v<std::tuple_element_t<kAttentionTable, EpisodeTables>, AttentionRow>);
  const Range& steps = recording.episode.ranges[kAttentionTable];
  const auto read_of_steps = [&](const auto& column, std::string_view name, std::int64_t width,
                                 auto& values) {
    read(*status_, column, name, product(steps.begin, width), product(steps.count, width), values);
  };
  read_of_steps(first_page_, kFirstPages, layers_, recording.first_pages);
  read_of_steps(sink_share_, kSinkShares, groups_, recording.sink_shares);
  read_of_steps(query_cosine_, kQueryCosines, groups_, recording.query_cosines);
  read_table(*status_, key_bounds_, recording.episode.key_bounds, recording.key_bounds);
}

void CaptureReader::read_stored_tokens(EpisodeRecording& recording) const {
  const EpisodeRow& episode = recording.episode;
  read_table(*status_, head_evictions_, episode.head_evictions, recording.head_evictions);
  read_table(*status_, requantisations_, episode.requantisations, recording.requantisations);
  read_table(*status_, key_reads_, episode.key_reads, recording.key_reads);
  read(*status_, keys_read_, kKeyReads, product(episode.key_reads.begin, groups_),
       product(episode.key_reads.count, groups_), recording.keys_read);
}

void CaptureReader::read_block(const BlockRow& row, PackedBlock& block) const {
  const auto masses = std::ssize(block.mean);
  read(*status_, query_head_mass_, kQueryHeadMasses, product(row.values_begin, group_size_),
       product(masses, group_size_), block.query_head_mass);
  read(*status_, tokens_above_, kTokensAbove, product(row.values_begin, thresholds_),
       product(masses, thresholds_), block.tokens_above);
}

KeyBounds CaptureReader::read_bounds(const KeyBoundsRow& row) const {
  KeyBounds bounds;
  const std::int64_t count = groups_ * head_dim_;
  const std::string name = std::string(schema::Table<KeyBoundsRow>::kName) + "/values_begin";
  read(*status_, lowest_, name, row.values_begin, count, bounds.lowest);
  read(*status_, highest_, name, row.values_begin, count, bounds.highest);
  return bounds;
}

}  // namespace pagequest::traces::io
