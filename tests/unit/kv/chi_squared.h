// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

namespace pagequest::testing {

/// Pearson's statistic of draws against the uniform distribution over the numbers 0 to 3.
inline double chi_squared(const std::array<int, 5>& counts, double draws) {
  double sum = 0.0;
  for (std::size_t i = 0; i < 4; ++i) {
    const double expected = draws / 4;
    sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return sum;
}

inline constexpr double kChiSquared999 = 16.27;  // 99.9 % of 3 degrees of freedom

}  // namespace pagequest::testing
