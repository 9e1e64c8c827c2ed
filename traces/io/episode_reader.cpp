// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/episode_reader.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "traces/io/optional_tables.h"
#include "traces/io/references.h"

namespace pagequest::traces::io {
namespace {

using namespace schema::v5;

template <class Visit, class... Rows>
void for_each_table(Visit visit, const std::tuple<Rows...>* /*tables*/) {
  (visit(static_cast<Rows*>(nullptr)), ...);
}

template <class Row, std::size_t I = 0>
constexpr std::size_t table_index() {
  if constexpr (std::is_same_v<std::tuple_element_t<I, EpisodeTables>, Row>) {
    return I;
  } else {
    return table_index<Row, I + 1>();
  }
}

template <class Row>
constexpr bool is_attention() {
  return std::is_same_v<Row, AttentionRow> || std::is_same_v<Row, BlockRow> ||
         std::is_same_v<Row, PageRow>;
}

/// Makes `begin` relative to `base` after checking that the rows are inside the episode's own.
void relocate(const Status& status, std::string_view table, std::int64_t& begin, std::int64_t count,
              const Range& range) {
  const bool reaches_back = begin < range.begin;
  if (!reaches_back) begin -= range.begin;
  if (reaches_back || !fits(begin, count, static_cast<std::uint64_t>(range.count))) {
    reject_reference(status, table, begin, count, static_cast<std::uint64_t>(range.count));
  }
}

}  // namespace

EpisodeReader::EpisodeReader(const Status& status, hid_t file, const Header& header)
    : status_(&status),
      shape_(block_shape(header)),
      tables_(ReadersOf<EpisodeTables>::open(status, file)),
      episode_rows_(status, file),
      unfinished_(status, file),
      mean_(status, file, std::string(kMeanMasses), element_type<float>()),
      max_(status, file, std::string(kMaxMasses), element_type<float>()),
      captures_(status, file, header) {
  read_episodes(file, header.captures);
}

void EpisodeReader::read_episodes(hid_t file, const Captures& captures) {
  const std::vector<OptionalTable> optional = optional_tables(captures);
  std::vector<ColumnReader> columns;
  std::uint64_t rows = episode_rows_.rows();
  const auto open = [&](std::string_view table) {
    const auto [begin, count] = range_columns(table);
    for (const auto& name : {begin, count}) {
      columns.emplace_back(*status_, file, name, element_type<std::int64_t>());
      rows = std::min(rows, columns.back().rows());
    }
  };
  for_each_table([&]<class Row>(const Row* /*row*/) { open(schema::Table<Row>::kName); },
                 static_cast<EpisodeTables*>(nullptr));
  for (const OptionalTable& table : optional) open(table.first);
  for (const auto& row : episode_rows_.read(0, rows)) episodes_.push_back({row, {}});
  std::vector<std::int64_t> values(rows);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c].read(0, rows, values.data());
    for (std::size_t i = 0; i < rows; ++i) {
      EpisodeRow& row = episodes_[i];
      const std::size_t table = c / 2;
      Range& range =
          table < kEpisodeTables ? row.ranges[table] : row.*optional[table - kEpisodeTables].second;
      (c % 2 == 0 ? range.begin : range.count) = values[i];
    }
  }
}

std::vector<UnfinishedRow> EpisodeReader::unfinished() const {
  return unfinished_.read(0, unfinished_.rows());
}

template <class Row>
void EpisodeReader::read_table(const Range& range, EpisodeRecording& recording) const {
  const auto& table = std::get<TableReader<Row>>(tables_);
  expect_inside(*status_, schema::Table<Row>::kName, range.begin, range.count, table.rows());
  recording.rows<Row>() =
      table.read(static_cast<std::uint64_t>(range.begin), static_cast<std::uint64_t>(range.count));
}

EpisodeRecording EpisodeReader::read(const EpisodeRow& episode, bool with_attention) const {
  EpisodeRecording recording;
  recording.episode = episode;
  const auto read_one = [&]<class Row>(const Row* /*row*/) {
    if (is_attention<Row>() && !with_attention) return;
    read_table<Row>(episode.ranges[table_index<Row>()], recording);
  };
  for_each_table(read_one, static_cast<EpisodeTables*>(nullptr));
  captures_.read_stored_tokens(recording);
  if (with_attention) captures_.read_rows(recording);
  make_relative(recording);
  return recording;
}

void EpisodeReader::make_relative(EpisodeRecording& recording) const {
  const auto range = [&]<class Row>(const Row* /*row*/) -> const Range& {
    return recording.episode.ranges[table_index<Row>()];
  };
  for (auto& row : recording.rows<StepRow>()) {
    relocate(*status_, "steps/tokens_begin", row.tokens_begin, row.tokens_count,
             range(static_cast<TokenRow*>(nullptr)));
  }
  for (auto& row : recording.rows<ToolRow>()) {
    relocate(*status_, "tools/name_begin", row.name_begin, row.name_count,
             range(static_cast<ToolNameRow*>(nullptr)));
  }
  for (auto& row : recording.rows<JoinRow>()) {
    relocate(*status_, "joins/cursors_begin", row.cursors_begin, row.cursors_count,
             range(static_cast<JoinCursorRow*>(nullptr)));
  }
  for (auto& row : recording.rows<AttentionRow>()) {
    relocate(*status_, "attention/steps/block", row.block, 1,
             range(static_cast<BlockRow*>(nullptr)));
  }
  for (auto& row : recording.rows<BlockRow>()) {
    relocate(*status_, "attention/blocks/pages_begin", row.pages_begin, row.pages_count,
             range(static_cast<PageRow*>(nullptr)));
  }
}

PackedBlock EpisodeReader::read_block(const EpisodeRecording& recording, std::size_t number) const {
  const BlockRow& row = recording.rows<BlockRow>()[number];
  if (row.steps < 0 || row.steps > static_cast<std::int32_t>(kBlockSteps)) {
    status_->fail("the trace is inconsistent: a block has too many steps", "attention/blocks/steps",
                  std::to_string(row.steps), "0 to " + std::to_string(kBlockSteps));
  }
  PackedBlock block{.shape = shape_, .steps = static_cast<std::size_t>(row.steps)};
  const std::size_t values =
      shape_.groups * block.steps * static_cast<std::size_t>(row.pages_count);
  const auto count = static_cast<std::int64_t>(values);
  for (const ColumnReader* column : {&mean_, &max_}) {
    expect_inside(*status_, "attention/blocks/values_begin", row.values_begin, count,
                  column->rows());
  }
  const auto first = recording.rows<PageRow>().begin() + row.pages_begin;
  std::for_each(first, first + row.pages_count, [&block](const PageRow& page) {
    block.pages.push_back(page.page);
    block.page_in_step.push_back(page.steps);
  });
  block.mean.resize(values);
  block.max.resize(values);
  mean_.read(static_cast<std::uint64_t>(row.values_begin), values, block.mean.data());
  max_.read(static_cast<std::uint64_t>(row.values_begin), values, block.max.data());
  captures_.read_block(row, block);
  return block;
}

KeyBounds EpisodeReader::read_bounds(const EpisodeRecording& recording, std::size_t row) const {
  return captures_.read_bounds(recording.key_bounds[row]);
}

}  // namespace pagequest::traces::io
