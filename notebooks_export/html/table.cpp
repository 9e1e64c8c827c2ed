// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/html/table.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "notebooks_export/csv.h"
#include "notebooks_export/html/escape.h"
#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

constexpr std::size_t kShownRows = 400;
constexpr std::size_t kMostCsvBytes = 1 << 20;

std::string header(const ResultTable& table, const std::vector<ColumnFormat>& formats) {
  std::string out = "<thead><tr>";
  for (std::size_t c = 0; c < formats.size(); ++c) {
    const auto& column = table.columns()[c];
    out += formats[c].numeric() ? "<th class=\"n\">" : "<th>";
    out += escaped(shown_name(column.name));
    if (!column.unit.empty()) out += "<small>" + escaped(column.unit) + "</small>";
    out += "</th>";
  }
  return out + "</tr></thead>\n";
}

}  // namespace

std::string table_html(const ResultTable& table) {
  std::vector<ColumnFormat> formats;
  for (std::size_t c = 0; c < table.columns().size(); ++c) formats.emplace_back(table, c);
  const std::size_t shown = std::min(kShownRows, table.rows().size());
  std::string out =
      "<div class=\"numbers\" tabindex=\"0\"><table>" + header(table, formats) + "<tbody>\n";
  for (std::size_t row = 0; row < shown; ++row) {
    out += "<tr>";
    for (std::size_t c = 0; c < formats.size(); ++c) {
      out += formats[c].numeric() ? "<td class=\"n\">" : "<td>";
      out += escaped(formats[c].cell(table.rows()[row][c])) + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (shown < table.rows().size()) {
    out += "<p class=\"caption\">The first " + std::to_string(shown) + " of " +
           std::to_string(table.rows().size()) + " rows.</p>\n";
  }
  return out;
}

std::string csv_link(const ResultTable& table) {
  const std::string csv = to_csv(table);
  if (csv.size() > kMostCsvBytes) return {};
  return "<a class=\"tools\" download=\"" + escaped(table.name()) +
         ".csv\" href=\"data:text/csv;base64," + base64(csv) + "\">CSV</a>";
}

}  // namespace pagequest::notebooks_export
