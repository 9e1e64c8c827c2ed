// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/csv.h"

#include <string>

#include "notebooks_export/atomic_file.h"
#include "notebooks_export/exporters/factories.h"

namespace pagequest::notebooks_export {
namespace {

std::string columns_csv(const std::vector<ResultTable>& tables) {
  ResultTable columns("columns", "",
                      {{"table", ""}, {"column", ""}, {"unit", ""}, {"table_description", ""}});
  for (const auto& table : tables) {
    for (const auto& column : table.columns()) {
      columns.add({table.name(), column.name, column.unit, table.description()});
    }
  }
  return to_csv(columns);
}

std::string provenance_csv(const Report& report) {
  ResultTable table("provenance", "", {{"key", ""}, {"value", ""}});
  table.add({std::string("title"), report.title});
  for (const auto& [key, value] : report.provenance) table.add({key, value});
  return to_csv(table);
}

}  // namespace

Paths write_csv(const Report& report, const std::filesystem::path& target) {
  make_folder(target);
  Paths paths;
  const auto write = [&](const std::string& name, const std::string& content) {
    paths.push_back(target / (name + ".csv"));
    write_file(paths.back(), content);
  };
  const auto tables = all_tables(report);
  for (const auto& table : tables) write(table.name(), to_csv(table));
  write("columns", columns_csv(tables));
  write("provenance", provenance_csv(report));
  return paths;
}

}  // namespace pagequest::notebooks_export
