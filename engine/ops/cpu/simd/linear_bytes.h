// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Values of kLanes E4M3 codes (fp8.h). In a binary32's place their bits are the value times
/// 2^-120, because the biases are 7 and 127: subnormal for subnormal ones, which no mode may flush.
inline Vec load_e4m3(const std::byte* p) {
  const IntVec words = widen(*reinterpret_cast<const ByteVec*>(p));
  const WordVec bits = __builtin_bit_cast(WordVec, words) << 20U & 0x87F00000U;
  return __builtin_bit_cast(Vec, bits) * 0x1.0p120F;
}

/// Weights of one byte, whose values `kLoad` gives. x in f32; the sum of a group of inputs is
/// multiplied by the group's scale.
template <Vec (*kLoad)(const std::byte*)>
struct BytesTile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const float* x = static_cast<const float*>(args.x);
    const float* scales = reinterpret_cast<const float*>(args.scales) + args.first_column;
    Vec sums[kRows][kTileVectors]{};
    for (std::int64_t group = 0; group < args.inputs; group += kScaleGroup) {
      const std::int64_t left = args.inputs - group;
      const std::int64_t end = group + (left < kScaleGroup ? left : kScaleGroup);
      Vec parts[kRows][kTileVectors]{};
      for (std::int64_t k = group; k < end; ++k) {
        const std::byte* weights = args.panel + k * kPanelColumns + args.first_column;
        for (int j = 0; j < kTileVectors; ++j) {
          const Vec weight = kLoad(weights + j * kLanes);
          for (int r = 0; r < kRows; ++r) parts[r][j] += x[r * args.x_stride + k] * weight;
        }
      }
      for (int j = 0; j < kTileVectors; ++j) {
        const Vec scale = load(scales + group / kScaleGroup * kPanelColumns + j * kLanes);
        for (int r = 0; r < kRows; ++r) sums[r][j] += parts[r][j] * scale;
      }
    }
    store_tile<kRows>(args, sums);
  }
};

using Int8Tile = BytesTile<load_int8>;
using Fp8Tile = BytesTile<load_e4m3>;

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
