// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result_table.h"

/// How numbers and units are written for people, alike in every exporter and in the terminal.
namespace pagequest::notebooks_export {

/// Shortest text that reads back as the same double; "nan" and "inf" as such.
[[nodiscard]] std::string exact(double value);

/// With so many decimals and commas between thousands: "12,345.60".
[[nodiscard]] std::string fixed(double value, int decimals);

/// Units "share" and "share of ..." hold values from 0 to 1 that are shown as percentages.
[[nodiscard]] bool is_share(std::string_view unit);

/// The unit as shown beside a number: "share of episodes" becomes "% of episodes".
[[nodiscard]] std::string shown_unit(std::string_view unit);

/// "peak_tokens_mean" becomes "peak tokens mean".
[[nodiscard]] std::string shown_name(std::string_view name);

/// Writes the cells of one column with as many decimals as its largest value needs for about four
/// digits, so that a column lines up. Columns of whole numbers stay whole; NaN is a dash.
class ColumnFormat {
 public:
  ColumnFormat(const ResultTable& table, std::size_t column);

  [[nodiscard]] std::string cell(const Cell& cell) const;
  [[nodiscard]] std::string number(double value) const;
  /// Whether every cell is a number: such columns are aligned to the right.
  [[nodiscard]] bool numeric() const { return numeric_; }

 private:
  bool share_;
  bool numeric_ = true;
  int decimals_ = 0;
};

}  // namespace pagequest::notebooks_export
