// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// exp(x) by 2^n * p(r) with n = round(x / ln 2), ln 2 split in two (Cody and Waite) and the
/// minimax polynomial on [-ln 2 / 2, ln 2 / 2] of Cephes' expf (Moshier, netlib.org/cephes). The
/// relative error is below 2e-7; below the smallest normal result it gives 0, above the largest
/// one 2^127.
inline Vec exp(Vec x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kSmallest = -87.336544F;
  constexpr float kLargest = 88.02969F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer

  const Vec clamped = min(max(x, splat(kSmallest)), splat(kLargest));
  const Vec shifted = clamped * kLog2E + kRound;
  const Vec n = shifted - kRound;
  Vec r = clamped - n * kLn2High;
  r = r - n * kLn2Low;
  Vec p = splat(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const IntVec power = (__builtin_bit_cast(IntVec, shifted) + (127 - 0x4B400000)) << 23;
  const Vec result = p * __builtin_bit_cast(Vec, power);
  return x < kSmallest ? Vec{} : result;
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
