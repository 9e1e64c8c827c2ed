// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/csv.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string field(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return csv_text(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  const double real = std::get<double>(cell);
  return std::isnan(real) ? std::string() : exact(real);
}

}  // namespace

std::string to_csv(const ResultTable& table) {
  std::string out;
  for (std::size_t c = 0; c < table.columns().size(); ++c) {
    out += (c > 0 ? "," : "") + csv_text(table.columns()[c].name);
  }
  out += "\r\n";
  for (const auto& row : table.rows()) {
    for (std::size_t c = 0; c < row.size(); ++c) out += (c > 0 ? "," : "") + field(row[c]);
    out += "\r\n";
  }
  return out;
}

}  // namespace pagequest::notebooks_export
