// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Both inputs hold segments of 2 * kHalf lanes that are still to be summed; the result holds twice
/// as many segments of kHalf lanes, those of `a` and `b` in turn.
template <int kHalf, int... kLane>
Vec fold_segments(Vec a, Vec b, std::integer_sequence<int, kLane...>) {
  const auto low = [](int lane) constexpr {
    const int segment = lane / kHalf;
    return segment % 2 * PQ_LANES + segment / 2 * 2 * kHalf + lane % kHalf;
  };
  return __builtin_shufflevector(a, b, low(kLane)...) +
         __builtin_shufflevector(a, b, (low(kLane) + kHalf)...);
}

template <int kHalf>
void fold_all(Vec (&rows)[PQ_LANES]) {
  for (int i = 0; i < kHalf; ++i) {
    rows[i] =
        fold_segments<kHalf>(rows[i], rows[i + kHalf], std::make_integer_sequence<int, PQ_LANES>());
  }
  if constexpr (kHalf > 1) fold_all<kHalf / 2>(rows);
}

/// Lane i of the result is the sum of the lanes of rows[i]: kLanes horizontal sums for about four
/// instructions each. Overwrites the rows.
inline Vec transposed_sum(Vec (&rows)[PQ_LANES]) {
  fold_all<PQ_LANES / 2>(rows);
  return rows[0];
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
