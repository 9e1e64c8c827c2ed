// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/number_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace pagequest::notebooks_export {
namespace {

constexpr std::string_view kUndefined = "\u2013";

template <class... Args>
std::string to_chars_text(double value, Args... args) {
  char buffer[400];  // the longest double in fixed notation has 309 digits before the point
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, args...);
  return {buffer, result.ptr};
}

std::string with_commas(std::string digits) {
  const std::size_t sign = digits.front() == '-' ? 1 : 0;
  std::size_t at = std::min(digits.find('.'), digits.size());
  while (at > sign + 3) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

/// About four digits: 1234, 123.4, 12.34, 1.234, 0.1234, 0.01234.
int decimals_for(double largest) {
  if (largest == 0) return 0;
  constexpr int kDigits = 4;
  const int before_point = static_cast<int>(std::floor(std::log10(largest))) + 1;
  return std::clamp(kDigits - before_point, 0, 6);
}

}  // namespace

std::string exact(double value) { return to_chars_text(value); }

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return std::isnan(value) ? std::string(kUndefined) : exact(value);
  return with_commas(to_chars_text(value, std::chars_format::fixed, decimals));
}

bool is_share(std::string_view unit) { return unit == "share" || unit.substr(0, 9) == "share of "; }

std::string shown_unit(std::string_view unit) {
  if (!is_share(unit)) return std::string(unit);
  std::string text = "%";
  return text.append(unit.substr(5));
}

std::string shown_name(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

ColumnFormat::ColumnFormat(const ResultTable& table, std::size_t column)
    : share_(is_share(table.columns()[column].unit)) {
  double largest = 0;
  bool fractions = false;
  for (const auto& row : table.rows()) {
    numeric_ = numeric_ && !std::holds_alternative<std::string>(row[column]);
    const auto* real = std::get_if<double>(&row[column]);
    if (real == nullptr || !std::isfinite(*real)) continue;
    fractions = fractions || *real != std::trunc(*real);
    largest = std::max(largest, std::abs(*real));
  }
  if (table.rows().empty()) numeric_ = false;
  if (share_) {
    constexpr double kOnePercent = 0.01;
    decimals_ = largest >= kOnePercent ? 1 : 3;
  } else if (fractions) {
    decimals_ = decimals_for(largest);
  }
}

std::string ColumnFormat::number(double value) const {
  if (!std::isfinite(value)) return fixed(value, 0);
  return share_ ? fixed(value * 100, decimals_) + " %" : fixed(value, decimals_);
}

std::string ColumnFormat::cell(const Cell& cell) const {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* real = std::get_if<double>(&cell)) return number(*real);
  const auto whole = std::get<std::int64_t>(cell);
  return share_ ? number(static_cast<double>(whole)) : with_commas(std::to_string(whole));
}

}  // namespace pagequest::notebooks_export
