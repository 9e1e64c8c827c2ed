// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/trace_columns.h"

#include <string>

namespace pagequest::traces::io {
namespace {

using namespace schema::v5;
namespace v1 = schema::v1;

template <class Visit, class... Rows>
void for_each_table(Visit visit, const std::tuple<Rows...>* /*tables*/) {
  (visit(schema::Table<Rows>::kName), ...);
}

/// References between tables count from the file's first row on disk.
void make_absolute(EpisodeRecording& recording, const WritersOf<EpisodeTables>::Type& tables) {
  const auto base = [&tables]<class Row>(const Row* /*row*/) {
    return static_cast<std::int64_t>(std::get<TableWriter<Row>>(tables).rows());
  };
  const auto tokens = base(static_cast<TokenRow*>(nullptr));
  const auto names = base(static_cast<ToolNameRow*>(nullptr));
  const auto cursors = base(static_cast<JoinCursorRow*>(nullptr));
  const auto blocks = base(static_cast<BlockRow*>(nullptr));
  const auto pages = base(static_cast<PageRow*>(nullptr));
  for (auto& row : recording.rows<StepRow>()) row.tokens_begin += tokens;
  for (auto& row : recording.rows<ToolRow>()) row.name_begin += names;
  for (auto& row : recording.rows<JoinRow>()) row.cursors_begin += cursors;
  for (auto& row : recording.rows<AttentionRow>()) row.block += blocks;
  for (auto& row : recording.rows<BlockRow>()) row.pages_begin += pages;
}

}  // namespace

EpisodeWriter::EpisodeWriter(const Status& status, hid_t file, const Captures& captures)
    : rows_(status, file), optional_(optional_tables(captures)) {
  const auto add = [&](std::string_view table) { add_range(status, file, table); };
  for_each_table(add, static_cast<EpisodeTables*>(nullptr));
  for (const OptionalTable& table : optional_) add(table.first);
}

void EpisodeWriter::add_range(const Status& status, hid_t file, std::string_view table) {
  const auto [begin, count] = range_columns(table);
  constexpr std::size_t kChunk = schema::Table<v1::EpisodeRow>::kChunkRows;
  const auto type = element_type<std::int64_t>();
  const std::string of = " in " + std::string(table);
  ranges_.emplace_back(status, file, begin, type, kChunk, Filter::compress,
                       "first row of the episode" + of);
  ranges_.emplace_back(status, file, count, type, kChunk, Filter::compress,
                       "rows of the episode" + of);
}

void EpisodeWriter::append(const std::vector<EpisodeRow>& rows) {
  rows_.append(std::vector<v1::EpisodeRow>(rows.begin(), rows.end()));
  for (std::size_t table = 0; 2 * table < ranges_.size(); ++table) {
    std::vector<std::int64_t> begins;
    std::vector<std::int64_t> counts;
    for (const EpisodeRow& row : rows) {
      const Range& range = table < kEpisodeTables ? row.ranges[table]
                                                  : row.*optional_[table - kEpisodeTables].second;
      begins.push_back(range.begin);
      counts.push_back(range.count);
    }
    ranges_[2 * table].append(begins.data(), begins.size());
    ranges_[2 * table + 1].append(counts.data(), counts.size());
  }
}

void EpisodeWriter::flush() {
  rows_.flush();
  for (auto& column : ranges_) column.flush();
}

TraceColumns::TraceColumns(const Status& status, hid_t file, const Header& header)
    : tables(WritersOf<EpisodeTables>::create(status, file)),
      episodes(status, file, header.captures),
      unfinished(status, file),
      mean(status, file, kMeanMasses,
           "(layer, KV head, step, page) of each block: mean over the query heads"),
      max(status, file, kMaxMasses,
          "(layer, KV head, step, page) of each block: maximum over the query heads"),
      captures(status, file, header) {
  if (header.kernel_timing) kernels.emplace(status, file);
}

std::int64_t TraceColumns::append(const PackedBlock& block) {
  const auto begin = static_cast<std::int64_t>(mean.next());
  mean.append(block.mean);
  max.append(block.max);
  captures.append(block);
  return begin;
}

void TraceColumns::append(EpisodeRecording& recording) {
  make_absolute(recording, tables);
  std::size_t index = 0;
  const auto append_table = [&]<class Row>(TableWriter<Row>& table) {
    const std::vector<Row>& rows = recording.rows<Row>();
    recording.episode.ranges[index++] = {.begin = static_cast<std::int64_t>(table.rows()),
                                         .count = static_cast<std::int64_t>(rows.size())};
    table.append(rows);
  };
  std::apply([&](auto&... table) { (append_table(table), ...); }, tables);
  captures.append(recording);
}

void TraceColumns::flush_data() {
  mean.flush();
  max.flush();
  captures.flush(mean.next());
  std::apply([](auto&... table) { (table.flush(), ...); }, tables);
  if (kernels) kernels->flush();
}

}  // namespace pagequest::traces::io
