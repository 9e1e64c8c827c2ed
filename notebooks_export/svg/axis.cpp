// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

/// The round number closest above `rough`.
double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double digit : {1.0, 2.0, 2.5, 5.0}) {
    if (digit * power >= rough * 0.999) return digit * power;
  }
  return 10 * power;
}

int decimals_of_step(double step) {
  for (int decimals = 0; decimals < 9; ++decimals) {
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 9;
}

/// Thousands and millions are written short as soon as labels would get five digits.
std::string label(double value, double step, double largest) {
  if (largest >= 1e4) {
    const bool millions = largest >= 1e7;
    const double unit = millions ? 1e6 : 1e3;
    if (value == 0) return "0";
    return fixed(value / unit, decimals_of_step(step / unit)) + (millions ? "M" : "k");
  }
  return fixed(value, decimals_of_step(step));
}

/// How many of the unit's own are one of the labels' units.
std::pair<double, std::string> label_unit(std::string_view unit, double largest) {
  if (is_share(unit)) return {0.01, shown_unit(unit)};
  if (unit != "bytes") return {1.0, std::string(unit)};
  constexpr std::string_view kNames[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t power = 0;
  double one = 1;
  while (power + 1 < std::size(kNames) && largest >= one * 1024) {
    one *= 1024;
    ++power;
  }
  return {one, std::string(kNames[power])};
}

}  // namespace

Axis::Axis(AxisRange range, std::string_view unit, int wanted)
    : low_(range.low), high_(range.high), log_(range.log) {
  if (low_ == high_) {
    high_ = low_ == 0 ? 1 : low_ + std::abs(low_) * 0.5;
    if (!log_ && low_ > 0) low_ = 0;
  }
  auto [scale, name] = label_unit(unit, std::max(std::abs(low_), std::abs(high_)));
  unit_ = std::move(name);
  if (log_) {
    place_log(scale);
  } else {
    place_linear(wanted, range.extend, scale);
  }
}

double Axis::fraction(double value) const {
  if (log_) return std::log(value / low_) / std::log(high_ / low_);
  return (value - low_) / (high_ - low_);
}

void Axis::place_linear(int wanted, bool extend, double scale) {
  const double step = round_step((high_ - low_) / scale / wanted);
  constexpr double kSlack = 1e-9;  // of a step, against rounding
  double first = std::ceil(low_ / scale / step - kSlack);
  double last = std::floor(high_ / scale / step + kSlack);
  if (extend) {
    first = std::floor(low_ / scale / step + kSlack);
    last = std::ceil(high_ / scale / step - kSlack);
    low_ = first * step * scale;
    high_ = last * step * scale;
  }
  const double largest = std::max(std::abs(first), std::abs(last)) * step;
  for (double i = first; i <= last; ++i) {
    const double value = i == 0 ? 0 : i * step;  // ceil() can give a negative zero
    ticks_.push_back({value * scale, label(value, step, largest)});
  }
}

void Axis::place_log(double scale) {
  const double low_power = std::floor(std::log10(low_ / scale) + 1e-9);
  const double high_power = std::ceil(std::log10(high_ / scale) - 1e-9);
  const bool dense = high_power - low_power <= 2;
  const double largest = high_ / scale;
  for (double power = low_power; power <= high_power; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10.0, power);
      const bool inside = value * scale >= low_ * 0.999 && value * scale <= high_ * 1.001;
      if (!inside || (digit > 1 && !dense)) continue;
      ticks_.push_back({value * scale, label(value, value, std::min(largest, value))});
    }
  }
}

}  // namespace pagequest::notebooks_export
