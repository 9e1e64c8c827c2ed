// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/report_text.h"

#include <algorithm>
#include <vector>

#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

/// Characters on the screen: UTF-8 continuation bytes take no room.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t used = shown_width(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return right ? blanks + text : text + blanks;
}

struct TextColumn {
  std::vector<std::string> cells;  // name, unit, then the rows
  std::size_t width = 0;
  bool right = false;
};

TextColumn text_column(const ResultTable& table, std::size_t column, std::size_t rows) {
  const ColumnFormat format(table, column);
  TextColumn out;
  out.right = format.numeric();
  out.cells = {table.columns()[column].name, table.columns()[column].unit};
  for (std::size_t row = 0; row < rows; ++row) {
    out.cells.push_back(format.cell(table.rows()[row][column]));
  }
  for (const auto& cell : out.cells) out.width = std::max(out.width, shown_width(cell));
  return out;
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string band(const std::vector<TextColumn>& columns, const std::vector<std::size_t>& shown) {
  std::string out;
  for (std::size_t line = 0; line < columns[0].cells.size(); ++line) {
    std::string text;
    for (const std::size_t c : shown) {
      if (!text.empty()) text.append(kGap, ' ');
      text += padded(columns[c].cells[line], columns[c].width, columns[c].right);
    }
    out += without_trailing_blanks(std::move(text)) + "\n";
  }
  return out;
}

std::string bands(const std::vector<TextColumn>& columns, std::size_t width) {
  std::string out;
  for (std::size_t next = 1; next < columns.size() || out.empty();) {
    std::vector<std::size_t> shown = {0};
    std::size_t used = columns[0].width;
    while (next < columns.size() &&
           (shown.size() == 1 || used + kGap + columns[next].width <= width)) {
      used += kGap + columns[next].width;
      shown.push_back(next++);
    }
    out += (out.empty() ? "" : "\n") + band(columns, shown);
  }
  return out;
}

std::string list(const ResultTable& table) {
  std::size_t widest = 0;
  for (const auto& column : table.columns()) widest = std::max(widest, shown_width(column.name));
  std::string out;
  for (std::size_t c = 0; c < table.columns().size(); ++c) {
    const auto& column = table.columns()[c];
    std::string line =
        padded(column.name, widest + kGap, false) + ColumnFormat(table, c).cell(table.rows()[0][c]);
    if (!is_share(column.unit) && !column.unit.empty()) line += " " + column.unit;
    if (is_share(column.unit)) line += column.unit.substr(5);
    out += without_trailing_blanks(std::move(line)) + "\n";
  }
  return out;
}

std::string wrapped(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const bool fits = used == 0 || used + 1 + shown_width(word) <= width;
    out += used == 0 ? "" : (fits ? " " : "\n");
    used = (fits && used > 0 ? used + 1 : 0) + shown_width(word);
    out += word;
    at = end + 1;
  }
  return out + "\n";
}

}  // namespace

std::string to_text(const ResultTable& table, const TextOptions& options) {
  std::string out = table.name() + "\n";
  if (options.description && !table.description().empty()) {
    out += wrapped(table.description(), options.width);
  }
  const std::size_t all = table.rows().size();
  if (all == 0) return out + "(no rows)\n";
  if (all == 1 && table.columns().size() > 1) return out + list(table);
  const std::size_t rows = options.max_rows == 0 ? all : std::min(all, options.max_rows);
  std::vector<TextColumn> columns;
  for (std::size_t c = 0; c < table.columns().size(); ++c) {
    columns.push_back(text_column(table, c, rows));
  }
  out += bands(columns, options.width);
  if (rows < all) out += "... " + std::to_string(all - rows) + " more rows\n";
  return out;
}

}  // namespace pagequest::notebooks_export
