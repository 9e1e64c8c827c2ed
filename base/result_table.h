// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pagequest {

using Cell = std::variant<std::int64_t, double, std::string>;

struct Column {
  std::string name;  // snake_case
  std::string unit;  // "tokens", "s", "share of accesses"; empty for labels
};

/// What analyses and simulations return and exporters render: a named table with units.
class ResultTable {
 public:
  ResultTable(std::string name, std::string description, std::vector<Column> columns);

  /// The row must have one cell a column.
  void add(std::vector<Cell> row);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& description() const { return description_; }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] const std::vector<std::vector<Cell>>& rows() const { return rows_; }
  /// Index of a column; a name that is not there is a programmer's mistake.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  /// Numeric cell as double (integers are converted).
  [[nodiscard]] double number(std::size_t row, std::string_view column_name) const;
  [[nodiscard]] std::string text(std::size_t row, std::string_view column_name) const;

 private:
  std::string name_;
  std::string description_;
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace pagequest
