// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace pagequest::simulator {
namespace {

std::string short_text(double value) {
  constexpr int kDigits = 12;
  // Whole numbers as such: "1e+06" is no integer to those who parse it.
  if (std::abs(value) < 1e15 && value == std::round(value)) {
    return std::to_string(static_cast<long long>(value));
  }
  std::array<char, 64> buffer{};
  const auto [end, status] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                           std::chars_format::general, kDigits);
  return {buffer.data(), end};
}

double value_at(const SweepRange& range, std::size_t index) {
  const auto steps = static_cast<double>(index);
  return range.times > 0.0 ? range.from * std::pow(range.times, steps)
                           : range.from + range.step * steps;
}

}  // namespace

std::string fault_of(const SweepRange& range) {
  if (!(range.from <= range.to)) return "`from` above `to`";
  if ((range.step != 0.0) == (range.times != 0.0)) return "not one of `step` and `times`";
  if (range.step < 0.0) return "a `step` below 0";
  if (range.times == 0.0) return {};
  if (range.times <= 1.0) return "`times` of at most 1";
  return range.from > 0.0 ? "" : "`times` with a `from` that is not above 0";
}

std::vector<std::string> values_of(const SweepRange& range, std::size_t most) {
  const double slack = 1e-9 * std::max(std::abs(range.from), std::abs(range.to));
  std::vector<std::string> values;
  for (std::size_t i = 0; values.size() <= most; ++i) {
    const double value = value_at(range, i);
    if (value > range.to + slack) break;
    values.push_back(short_text(value));
  }
  return values;
}

bool parse_real(const std::string& text, double& value) {
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  return status == std::errc{} && stop == end && std::isfinite(value);
}

}  // namespace pagequest::simulator
