// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/csv_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/joined.h"

namespace pagequest::simulator {
namespace {

/// Cells of a line; in quotes, commas are text and "" is a quote.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

}  // namespace

CsvFile::CsvFile(const std::filesystem::path& path) : path_(path.string()) {
  std::ifstream file(path);
  std::int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1 && line.rfind("\xEF\xBB\xBF", 0) == 0) line.erase(0, 3);
    if (!line.empty()) lines_.push_back({number, cells_of(line)});
  }
  if (lines_.empty()) {
    throw input_error({.what = "can't read the rows",
                       .where = path_,
                       .found = file.is_open() ? "an empty file" : "no readable file",
                       .expected = "a CSV file with a header",
                       .hint = {}});
  }
  header_ = lines_.front().cells;
  if (std::set<std::string>(header_.begin(), header_.end()).size() != header_.size()) {
    throw input_error({.what = "a column is named twice",
                       .where = where(),
                       .found = joined(header_),
                       .expected = "different names",
                       .hint = {}});
  }
}

std::string CsvFile::where() const { return path_ + ", line " + std::to_string(line()); }

bool CsvFile::next() {
  if (at_ + 1 >= lines_.size()) return false;
  ++at_;
  if (lines_[at_].cells.size() == header_.size()) return true;
  throw input_error({.what = "a line doesn't fit the header",
                     .where = where(),
                     .found = std::to_string(lines_[at_].cells.size()) + " cells",
                     .expected = std::to_string(header_.size()) + " cells",
                     .hint = {}});
}

std::optional<std::size_t> CsvFile::find(std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

const std::string& CsvFile::text(std::string_view column) const {
  const auto index = find(column);
  if (index) return lines_[at_].cells[*index];
  throw input_error({.what = "a column is missing",
                     .where = path_,
                     .found = joined(header_),
                     .expected = "a column named " + std::string(column),
                     .hint = {}});
}

double CsvFile::number(std::string_view column) const {
  const std::string& cell = text(column);
  double out = 0.0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), out);
  if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(out)) {
    complain(column, "a number");
  }
  return out;
}

std::int64_t CsvFile::whole(std::string_view column, std::int64_t low, std::int64_t high) const {
  const double value = number(column);
  if (value != std::floor(value) || value < static_cast<double>(low) ||
      value > static_cast<double>(high)) {
    complain(column, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return static_cast<std::int64_t>(value);
}

void CsvFile::complain(std::string_view column, const std::string& expected) const {
  throw input_error({.what = "bad value in column " + std::string(column),
                     .where = where(),
                     .found = text(column).empty() ? "an empty cell" : text(column),
                     .expected = expected,
                     .hint = {}});
}

}  // namespace pagequest::simulator
