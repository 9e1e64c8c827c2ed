// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::simulator {

/// A comma-separated file with a header (RFC 4180, without line breaks inside cells), line by line.
class CsvFile {
 public:
  /// Throws input_error: a file that can't be read, an empty one, a column named twice.
  explicit CsvFile(const std::filesystem::path& path);

  /// Goes to the next line that is not empty; false at the end. Throws input_error on a line with
  /// another number of cells than the header has.
  [[nodiscard]] bool next();
  [[nodiscard]] std::int64_t line() const { return lines_[at_].number; }

  [[nodiscard]] bool has(std::string_view column) const { return find(column).has_value(); }
  /// The current line's cell. Throws input_error if there is no such column.
  [[nodiscard]] const std::string& text(std::string_view column) const;
  /// The same as a finite number; throws input_error on anything else.
  [[nodiscard]] double number(std::string_view column) const;
  /// The same as a whole number in [low, high] ("4" or "4.0").
  [[nodiscard]] std::int64_t whole(std::string_view column, std::int64_t low,
                                   std::int64_t high) const;
  /// A complaint about the current line's cell.
  [[noreturn]] void complain(std::string_view column, const std::string& expected) const;

 private:
  struct Line {
    std::int64_t number;
    std::vector<std::string> cells;
  };
  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const;
  [[nodiscard]] std::string where() const;

  std::string path_;
  std::vector<std::string> header_;
  std::vector<Line> lines_;  // the header first
  std::size_t at_ = 0;
};

}  // namespace pagequest::simulator
