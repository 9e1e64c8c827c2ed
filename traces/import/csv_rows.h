// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/import/place.h"
#include "traces/import/text_input.h"

namespace pagequest::traces {

/// Rows of a CSV text with a header line (RFC 4180, without line ends inside quotes). Columns are
/// found by name, whatever their order and whatever else there is. Errors are input_error.
class CsvRows {
 public:
  explicit CsvRows(TextInput& text);

  /// Number of a column; throws unless there is one of that name.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> optional_column(std::string_view name) const;

  /// Goes to the next row; false at the end. Throws unless it has a field for each column.
  [[nodiscard]] bool next();
  [[nodiscard]] Place place() const { return {text_.name(), text_.line()}; }
  [[nodiscard]] std::string_view field(std::size_t column) const { return fields_[column]; }
  [[nodiscard]] std::int32_t integer(std::size_t column) const;  // 12.0 is one too
  [[nodiscard]] double real(std::size_t column) const;

 private:
  TextInput& text_;
  std::vector<std::string> names_;
  std::vector<std::string_view> fields_;
};

/// Whether the first line of `head` names the column: a cheap look for detection.
[[nodiscard]] bool header_has_column(std::string_view head, std::string_view name);

}  // namespace pagequest::traces
