// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/result_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pagequest {

ResultTable::ResultTable(std::string name, std::string description, std::vector<Column> columns)
    : name_(std::move(name)), description_(std::move(description)), columns_(std::move(columns)) {}

void ResultTable::add(std::vector<Cell> row) {
  PQ_CHECK(row.size() == columns_.size(), "a row has one cell a column");
  rows_.push_back(std::move(row));
}

std::size_t ResultTable::column(std::string_view name) const {
  const auto it = std::find_if(columns_.begin(), columns_.end(),
                               [name](const Column& c) { return c.name == name; });
  PQ_CHECK(it != columns_.end(), "the column exists");
  return static_cast<std::size_t>(it - columns_.begin());
}

double ResultTable::number(std::size_t row, std::string_view column_name) const {
  const Cell& cell = rows_.at(row).at(column(column_name));
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*integer);
  const auto* real = std::get_if<double>(&cell);
  PQ_CHECK(real != nullptr, "the cell is a number");
  return *real;
}

std::string ResultTable::text(std::size_t row, std::string_view column_name) const {
  const auto* text = std::get_if<std::string>(&rows_.at(row).at(column(column_name)));
  PQ_CHECK(text != nullptr, "the cell is a text");
  return *text;
}

}  // namespace pagequest
