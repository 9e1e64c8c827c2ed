// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/tables.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace pagequest::notebooks_export {

ResultTable stacked(std::span<const ResultTable> tables) {
  PQ_CHECK(!tables.empty(), "there is a table to stack");
  ResultTable out(tables[0].name(), tables[0].description(), tables[0].columns());
  for (const auto& table : tables) {
    PQ_CHECK(std::equal(table.columns().begin(), table.columns().end(), out.columns().begin(),
                        out.columns().end(),
                        [](const Column& a, const Column& b) { return a.name == b.name; }),
             "stacked tables have equal columns");
    for (const auto& row : table.rows()) out.add(row);
  }
  return out;
}

ResultTable labelled(const ResultTable& table, std::string column, std::string value) {
  std::vector<Column> columns = {{std::move(column), ""}};
  columns.insert(columns.end(), table.columns().begin(), table.columns().end());
  ResultTable out(table.name(), table.description(), std::move(columns));
  for (const auto& row : table.rows()) {
    std::vector<Cell> cells = {value};
    cells.insert(cells.end(), row.begin(), row.end());
    out.add(std::move(cells));
  }
  return out;
}

ResultTable filtered(const ResultTable& table,
                     const std::function<bool(const ResultTable&, std::size_t)>& keep) {
  ResultTable out(table.name(), table.description(), table.columns());
  for (std::size_t row = 0; row < table.rows().size(); ++row) {
    if (keep(table, row)) out.add(table.rows()[row]);
  }
  return out;
}

ResultTable selected(const ResultTable& table, std::span<const std::string_view> columns) {
  std::vector<std::size_t> indices;
  std::vector<Column> kept;
  for (const auto name : columns) {
    indices.push_back(table.column(name));
    kept.push_back(table.columns()[indices.back()]);
  }
  ResultTable out(table.name(), table.description(), std::move(kept));
  for (const auto& row : table.rows()) {
    std::vector<Cell> cells;
    for (const std::size_t index : indices) cells.push_back(row[index]);
    out.add(std::move(cells));
  }
  return out;
}

ResultTable thinned(const ResultTable& table, std::size_t rows) {
  PQ_CHECK(rows >= 2, "the first and the last row stay");
  const std::size_t n = table.rows().size();
  if (n <= rows) return table;
  ResultTable out(table.name(), table.description(), table.columns());
  for (std::size_t i = 0; i < rows; ++i) out.add(table.rows()[i * (n - 1) / (rows - 1)]);
  return out;
}

}  // namespace pagequest::notebooks_export
