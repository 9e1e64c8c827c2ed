// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/wilson.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace pagequest::analyzer {

Interval wilson_interval_95(std::int64_t successes, std::int64_t n) {
  PQ_CHECK(0 <= successes && successes <= n, "a part is no larger than the whole");
  if (n == 0) {
    constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
    return {kUndefined, kUndefined};
  }
  constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const double count = static_cast<double>(n);
  const double share = static_cast<double>(successes) / count;
  const double shrink = 1 + kZ * kZ / count;
  const double centre = (share + kZ * kZ / (2 * count)) / shrink;
  const double half =
      kZ * std::sqrt(share * (1 - share) / count + kZ * kZ / (4 * count * count)) / shrink;
  // Rounding must not put an end of the interval on the wrong side of 0 or n successes.
  return {std::clamp(centre - half, 0.0, share), std::clamp(centre + half, share, 1.0)};
}

}  // namespace pagequest::analyzer
