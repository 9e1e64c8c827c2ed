// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Largest product of a query with a vector between `lowest` and `highest`.
inline float largest_product(const float* query, const float* lowest, const float* highest,
                             std::int64_t head_dim) {
  Vec total{};
  std::int64_t d = 0;
  for (; d + kLanes <= head_dim; d += kLanes) {
    const Vec q = load(query + d);
    total += max(q * load(lowest + d), q * load(highest + d));
  }
  float bound = sum(total);
  for (; d < head_dim; ++d) {
    const float low = query[d] * lowest[d];
    const float high = query[d] * highest[d];
    bound += low > high ? low : high;
  }
  return bound;
}

inline void page_bounds(const PageBoundArgs& args) {
  for (std::int64_t p = 0; p < args.page_count; ++p) {
    const float* lowest = args.boxes + args.pages[p].physical * args.page_stride;
    float largest = -__builtin_inff();
    for (std::int64_t head = 0; head < args.group; ++head) {
      const float bound = largest_product(args.queries + head * args.head_dim, lowest,
                                          lowest + args.head_dim, args.head_dim);
      // The first operand of a comparison with a NaN would be lost.
      largest = bound <= largest ? largest : bound;
    }
    args.out[p] = largest;
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
