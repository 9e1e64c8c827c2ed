// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/report.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace pagequest::notebooks_export {
namespace {

bool same_cell(const Cell& a, const Cell& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  return a == b || (x != nullptr && y != nullptr && std::isnan(*x) && std::isnan(*y));
}

bool same(const ResultTable& a, const ResultTable& b) {
  const auto same_column = [](const Column& x, const Column& y) {
    return x.name == y.name && x.unit == y.unit;
  };
  const auto same_row = [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_cell);
  };
  return std::equal(a.columns().begin(), a.columns().end(), b.columns().begin(), b.columns().end(),
                    same_column) &&
         std::equal(a.rows().begin(), a.rows().end(), b.rows().begin(), b.rows().end(), same_row);
}

ResultTable renamed(const ResultTable& table, const std::string& name) {
  ResultTable copy(name, table.description(), table.columns());
  for (const auto& row : table.rows()) copy.add(row);
  return copy;
}

void add_once(std::vector<ResultTable>& tables, const ResultTable& table) {
  std::string name = table.name();
  for (int copies = 2;; ++copies) {
    const auto it = std::find_if(tables.begin(), tables.end(),
                                 [&](const ResultTable& other) { return other.name() == name; });
    if (it == tables.end()) break;
    if (same(*it, table)) return;
    name = table.name() + "_" + std::to_string(copies);
  }
  tables.push_back(renamed(table, name));
}

}  // namespace

Report report_of_tables(std::string title, std::vector<ResultTable> tables) {
  Report report{.title = std::move(title),
                .subtitle = {},
                .provenance = {},
                .traces = {},
                .sections = {{.heading = "Tables", .text = {}, .blocks = {}}}};
  for (auto& table : tables) {
    std::string name = table.name();
    report.sections[0].blocks.emplace_back(
        TableBlock{.title = std::move(name), .table = std::move(table), .folded = false});
  }
  return report;
}

std::vector<ResultTable> all_tables(const Report& report) {
  std::vector<ResultTable> tables;
  for (const auto& section : report.sections) {
    for (const auto& block : section.blocks) {
      if (const auto* table = std::get_if<TableBlock>(&block)) add_once(tables, table->table);
      if (const auto* chart = std::get_if<Chart>(&block)) add_once(tables, chart->table);
    }
  }
  return tables;
}

}  // namespace pagequest::notebooks_export
