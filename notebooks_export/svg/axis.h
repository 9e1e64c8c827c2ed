// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pagequest::notebooks_export {

struct Tick {
  double value;
  std::string label;
};

/// What an axis must cover.
struct AxisRange {
  double low;  // low <= high; above 0 if logarithmic
  double high;
  bool log = false;
  bool extend = true;  // grow to the outermost ticks; else ticks stay inside the data
};

/// An axis with round numbers at its ticks (1, 2, 2.5 or 5 times a power of ten, powers of two for
/// bytes), about `wanted` of them, and all labels written with the same decimals.
class Axis {
 public:
  Axis(AxisRange range, std::string_view unit, int wanted);

  /// From 0 at the low end to 1 at the high end.
  [[nodiscard]] double fraction(double value) const;
  [[nodiscard]] const std::vector<Tick>& ticks() const { return ticks_; }
  /// The unit of the labels: "% of episodes", "GiB".
  [[nodiscard]] const std::string& unit() const { return unit_; }

 private:
  void place_linear(int wanted, bool extend, double scale);
  void place_log(double scale);

  double low_;
  double high_;
  bool log_;
  std::string unit_;
  std::vector<Tick> ticks_;
};

}  // namespace pagequest::notebooks_export
