// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/csv_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace pagequest::traces {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes a field off `line`, with the comma behind it. Doubled quotes inside quotes stay doubled.
std::string_view take_field(std::string_view& line) {
  std::size_t end = 0;
  for (bool quoted = false; end < line.size() && (quoted || line[end] != ','); ++end) {
    if (line[end] == '"') quoted = !quoted;
  }
  std::string_view field = trimmed(line.substr(0, end));
  line.remove_prefix(std::min(end + 1, line.size()));
  if (field.size() >= 2 && field.starts_with('"') && field.ends_with('"')) {
    field = field.substr(1, field.size() - 2);
  }
  return field;
}

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  const bool empty_last = line.ends_with(',');
  while (!line.empty()) fields.push_back(take_field(line));
  if (empty_last) fields.emplace_back();
}

}  // namespace

CsvRows::CsvRows(TextInput& text) : text_(text) {
  const auto header = text.next_line();
  if (!header) {
    throw row_error(place(), "a table is empty", "no header line", "the names of the columns",
                    "check that the file is complete");
  }
  split(*header, fields_);
  names_.assign(fields_.begin(), fields_.end());
}

std::optional<std::size_t> CsvRows::optional_column(std::string_view name) const {
  const auto it = std::find(names_.begin(), names_.end(), name);
  if (it == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(it - names_.begin());
}

std::size_t CsvRows::column(std::string_view name) const {
  if (const auto index = optional_column(name)) return *index;
  std::string found;
  for (const std::string& other : names_) found += (found.empty() ? "" : ", ") + other;
  throw row_error(place(), "a table lacks a column", found, std::string(name),
                  "check the format of the file");
}

bool CsvRows::next() {
  const auto line = text_.next_line();
  if (!line) return false;
  split(*line, fields_);
  if (fields_.size() == names_.size()) return true;
  throw row_error(place(), "a row has another number of fields than the header",
                  std::to_string(fields_.size()), std::to_string(names_.size()),
                  "check that the file is complete");
}

std::int32_t CsvRows::integer(std::size_t column) const {
  const double value = real(column);
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  if (std::trunc(value) == value && std::abs(value) <= kMost) {
    return static_cast<std::int32_t>(value);
  }
  throw row_error(place(), "a field is not a count",
                  names_[column] + " = " + std::string(field(column)), "a whole number below 2^31",
                  "correct or remove the row");
}

double CsvRows::real(std::size_t column) const {
  const std::string_view text = field(column);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) {
    return value;
  }
  throw row_error(place(), "a field is not a number", names_[column] + " = " + std::string(text),
                  "a number", "correct or remove the row");
}

bool header_has_column(std::string_view head, std::string_view name) {
  std::string_view line = head.substr(0, head.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (!line.empty()) {
    if (take_field(line) == name) return true;
  }
  return false;
}

}  // namespace pagequest::traces
