// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <cstdio>
#include <vector>

#include <fmt/core.h>

#include "notebooks_export/registry.h"
#include "notebooks_export/report.h"
#include "notebooks_export/report_json.h"
#include "notebooks_export/report_text.h"

namespace pagequest::cli {
namespace {

constexpr std::size_t kShortRows = 48;

notebooks_export::Report report_of(std::span<const ResultTable> tables) {
  return notebooks_export::report_of_tables("pagequest", {tables.begin(), tables.end()});
}

void print_json(std::span<const ResultTable> tables) {
  fmt::print("{}\n", notebooks_export::to_json(report_of(tables), 1));
}

void print_text(const ResultTable& table) {
  fmt::print("{}\n", notebooks_export::to_text(table, {.width = 120, .max_rows = 0}));
}

}  // namespace

void print_tables(std::span<const ResultTable> tables, bool as_json) {
  if (as_json) return print_json(tables);
  for (const auto& table : tables) print_text(table);
}

void print_short(std::span<const ResultTable> tables, bool as_json) {
  if (as_json) return print_json(tables);
  std::string left_out;
  for (const auto& table : tables) {
    if (table.rows().size() <= kShortRows) {
      print_text(table);
    } else {
      left_out += fmt::format("  {} ({} rows)\n", table.name(), table.rows().size());
    }
  }
  if (!left_out.empty()) fmt::print("longer tables, in full with -o or --json:\n{}", left_out);
}

void write_csv(std::span<const ResultTable> tables, const std::filesystem::path& folder) {
  const auto files = notebooks_export::find_exporter("csv").write(report_of(tables), folder);
  note(fmt::format("{} tables: {}", files.size(), folder.string()));
}

void note(const std::string& text) { fmt::print(stderr, "{}\n", text); }

}  // namespace pagequest::cli
