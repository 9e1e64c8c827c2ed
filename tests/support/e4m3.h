// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace pagequest::testing {

/// E4M3 as "FP8 Formats for Deep Learning" (arXiv 2209.05433), table 1, defines it: bias 7,
/// subnormals, no infinities, NaN where all bits but the sign are ones.
inline double e4m3_value(std::uint8_t code) {
  const int exponent = code >> 3U & 15U;
  const int fraction = code & 7U;
  if (exponent == 15 && fraction == 7) return std::numeric_limits<double>::quiet_NaN();
  const double size =
      exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
  return code >= 128 ? -size : size;
}

}  // namespace pagequest::testing
