// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/date_time.h"

#include <algorithm>
#include <chrono>

namespace pagequest::traces {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2200;  // 64 bits of nanoseconds end in 2262

/// Takes what it recognises off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Exactly `digits` of them; -1 if they are not there.
  int number(std::size_t digits) {
    const std::size_t have = digits_ahead();
    if (have < digits) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = 10 * value + (text_[i] - '0');
    text_.remove_prefix(digits);
    return value;
  }
  bool any_of(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// The digits behind a decimal point, in 1e-9.
  std::int64_t billionths() {
    const std::size_t have = digits_ahead();
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 9; ++i) value = 10 * value + (i < have ? text_[i] - '0' : 0);
    text_.remove_prefix(have);
    return value;
  }
  [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }
  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  [[nodiscard]] std::size_t digits_ahead() const {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return static_cast<std::size_t>(std::find_if_not(text_.begin(), text_.end(), is_digit) -
                                    text_.begin());
  }
  std::string_view text_;
};

std::optional<std::chrono::sys_days> take_date(Scanner& scan) {
  const int year = scan.number(4);
  const bool first = scan.any_of("-");
  const int month = scan.number(2);
  const bool second = scan.any_of("-");
  const int day = scan.number(2);
  if (month < 0 || day < 0 || !first || !second) return std::nullopt;
  if (year < kFirstYear || year > kLastYear) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

/// "hh:mm"; nothing if it is none.
std::optional<std::chrono::minutes> take_hours_minutes(Scanner& scan) {
  const int hours = scan.number(2);
  const bool colon = scan.any_of(":");
  const int minutes = scan.number(2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !colon) return std::nullopt;
  return std::chrono::minutes(60 * hours + minutes);
}

std::optional<std::chrono::minutes> take_zone(Scanner& scan) {
  if (scan.at_end() || scan.any_of("Z")) return std::chrono::minutes(0);
  const bool west = scan.peek() == '-';
  if (!scan.any_of("+-")) return std::nullopt;
  const auto offset = take_hours_minutes(scan);
  if (!offset) return std::nullopt;
  return west ? -*offset : *offset;
}

}  // namespace

std::optional<std::int64_t> parse_date_time(std::string_view text) {
  Scanner scan(text);
  const auto date = take_date(scan);
  if (!date || !scan.any_of(" T")) return std::nullopt;
  const auto time = take_hours_minutes(scan);
  const bool colon = scan.any_of(":");
  const int seconds = scan.number(2);
  if (!time || !colon || seconds < 0 || seconds > 60) return std::nullopt;
  const std::int64_t fraction = scan.any_of(".") ? scan.billionths() : 0;
  const auto zone = take_zone(scan);
  if (!zone || !scan.at_end()) return std::nullopt;
  const std::chrono::nanoseconds sum = date->time_since_epoch() + *time - *zone +
                                       std::chrono::seconds(seconds) +
                                       std::chrono::nanoseconds(fraction);
  return sum.count();
}

}  // namespace pagequest::traces
