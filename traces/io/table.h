// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "traces/io/column.h"
#include "traces/schema/column.h"

namespace pagequest::traces::io {

template <class Row>
using ColumnsOf = std::remove_cvref_t<decltype(schema::Table<Row>::kColumns)>;

/// Writes rows of one schema table, a dataset a column.
template <class Row>
class TableWriter {
 public:
  TableWriter(const Status& status, hid_t file) {
    std::apply([&](const auto&... column) { (create(status, file, column), ...); },
               schema::Table<Row>::kColumns);
  }

  void append(std::span<const Row> rows) {
    std::size_t index = 0;
    std::apply([&](const auto&... column) { (append_column(index++, column, rows), ...); },
               schema::Table<Row>::kColumns);
  }

  void flush() {
    for (auto& column : columns_) column.flush();
  }

  [[nodiscard]] std::uint64_t rows() const { return columns_.front().rows(); }

 private:
  template <class T>
  void create(const Status& status, hid_t file, const schema::Column<Row, T>& column) {
    using Table = schema::Table<Row>;
    columns_.emplace_back(status, file, std::string(Table::kName) + "/" + std::string(column.name),
                          element_type<T>(), Table::kChunkRows, Filter::compress,
                          column.description);
  }

  template <class T>
  void append_column(std::size_t index, const schema::Column<Row, T>& column,
                     std::span<const Row> rows) {
    std::vector<T> values;
    values.reserve(rows.size());
    for (const Row& row : rows) values.push_back(row.*column.member);
    columns_[index].append(values.data(), values.size());
  }

  std::vector<ColumnWriter> columns_;
};

/// Reads rows of one schema table. Columns of unequal length (a recording that was killed) count up
/// to the shortest.
template <class Row>
class TableReader {
 public:
  TableReader(const Status& status, hid_t file) {
    std::apply([&](const auto&... column) { (open(status, file, column), ...); },
               schema::Table<Row>::kColumns);
  }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  /// Rows [begin, begin + count), which must be inside.
  [[nodiscard]] std::vector<Row> read(std::uint64_t begin, std::uint64_t count) const {
    std::vector<Row> rows(count);
    std::size_t index = 0;
    std::apply([&](const auto&... column) { (read_column(index++, column, begin, rows), ...); },
               schema::Table<Row>::kColumns);
    return rows;
  }

 private:
  template <class T>
  void open(const Status& status, hid_t file, const schema::Column<Row, T>& column) {
    columns_.emplace_back(status, file,
                          std::string(schema::Table<Row>::kName) + "/" + std::string(column.name),
                          element_type<T>());
    rows_ = std::min(rows_, columns_.back().rows());
  }

  template <class T>
  void read_column(std::size_t index, const schema::Column<Row, T>& column, std::uint64_t begin,
                   std::vector<Row>& rows) const {
    std::vector<T> values(rows.size());
    columns_[index].read(begin, values.size(), values.data());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*column.member = values[i];
  }

  std::uint64_t rows_ = std::numeric_limits<std::uint64_t>::max();
  std::vector<ColumnReader> columns_;
};

/// Names of the two columns of /episodes that say where an episode's rows of a table are.
[[nodiscard]] inline std::pair<std::string, std::string> range_columns(std::string_view table) {
  std::string name(table);
  for (auto& c : name) c = c == '/' ? '_' : c;
  return {"episodes/" + name + "_begin", "episodes/" + name + "_count"};
}

}  // namespace pagequest::traces::io
