// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Values of the 4-bit E2M1 codes (mxfp4.h) in the lowest bits.
inline Vec from_e2m1(WordVec codes) {
#if PQ_LANES == 16
  const Vec table = {0.0F,  0.5F,  1.0F,  1.5F,  2.0F,  3.0F,  4.0F,  6.0F,
                     -0.0F, -0.5F, -1.0F, -1.5F, -2.0F, -3.0F, -4.0F, -6.0F};
  const __m512 values =
      _mm512_permutexvar_ps(__builtin_bit_cast(__m512i, codes), __builtin_bit_cast(__m512, table));
  return __builtin_bit_cast(Vec, values);
#else
  // The three magnitude bits at the lower end of a binary32's exponent, biased by 126; the codes 0
  // and 1 are E2M1's subnormals.
  const WordVec bits = ((codes & 7U) << 22U) + (126U << 23U);
  const Vec normal = __builtin_bit_cast(Vec, bits);
  const Vec magnitude = (codes & 6U) == 0U ? normal * 2.0F - 1.0F : normal;
  return (codes & 8U) != 0U ? -magnitude : magnitude;
#endif
}

inline Vec load_e8m0(const std::byte* p) {
  const WordVec exponents = load_codes(p);
  const WordVec bits = exponents == 0U ? (WordVec{} + 0x00400000U) : exponents << 23U;
  return __builtin_bit_cast(Vec, bits);
}

/// x in f32; the sum of a group of inputs is multiplied by the group's scale.
struct Mxfp4Tile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const float* x = static_cast<const float*>(args.x);
    Vec sums[kRows][kTileVectors]{};
    for (std::int64_t group = 0; group < args.inputs; group += kMxfp4Group) {
      Vec parts[kRows][kTileVectors]{};
      for (std::int64_t k = group; k < group + kMxfp4Group; k += 2) {
        const std::byte* codes = args.panel + k / 2 * kPanelColumns + args.first_column;
        for (int j = 0; j < kTileVectors; ++j) {
          const WordVec pair = load_codes(codes + j * kLanes);
          const Vec first = from_e2m1(pair & 0xFU);
          const Vec second = from_e2m1(pair >> 4U);
          for (int r = 0; r < kRows; ++r) {
            const float* row = x + r * args.x_stride + k;
            parts[r][j] += row[0] * first;
            parts[r][j] += row[1] * second;
          }
        }
      }
      const std::byte* scales =
          args.scales + group / kMxfp4Group * kPanelColumns + args.first_column;
      for (int j = 0; j < kTileVectors; ++j) {
        const Vec scale = load_e8m0(scales + j * kLanes);
        for (int r = 0; r < kRows; ++r) sums[r][j] += parts[r][j] * scale;
      }
    }
    store_tile<kRows>(args, sums);
  }
};

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
