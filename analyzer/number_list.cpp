// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/number_list.h"

#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/params.h"

namespace pagequest::analyzer {
namespace {

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<double>> parse_all(std::string_view text) {
  std::vector<double> numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto number = parse_number(text.substr(0, comma));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<double> parse_ascending(std::string_view parameter, const std::string& text,
                                    double least, double most) {
  const auto numbers = parse_all(text);
  bool good = numbers.has_value() && numbers->front() >= least && numbers->back() <= most;
  for (std::size_t i = 1; good && i < numbers->size(); ++i) {
    good = (*numbers)[i - 1] < (*numbers)[i];
  }
  if (good) return *numbers;
  throw usage_error({.what = "bad value for parameter `" + std::string(parameter) + "`",
                     .where = {},
                     .found = "`" + text + "`",
                     .expected = "ascending numbers from " + to_text(least) + " to " +
                                 to_text(most) + ", separated by commas",
                     .hint = {}});
}

}  // namespace pagequest::analyzer
