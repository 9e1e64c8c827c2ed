// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// x in f32; the sum of a group of inputs is multiplied by the group's scale.
struct Int8Tile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const float* x = static_cast<const float*>(args.x);
    const float* scales = reinterpret_cast<const float*>(args.scales) + args.first_column;
    Vec sums[kRows][kTileVectors]{};
    for (std::int64_t group = 0; group < args.inputs; group += kInt8Group) {
      const std::int64_t left = args.inputs - group;
      const std::int64_t end = group + (left < kInt8Group ? left : kInt8Group);
      Vec parts[kRows][kTileVectors]{};
      for (std::int64_t k = group; k < end; ++k) {
        const std::byte* weights = args.panel + k * kPanelColumns + args.first_column;
        for (int j = 0; j < kTileVectors; ++j) {
          const Vec weight = load_int8(weights + j * kLanes);
          for (int r = 0; r < kRows; ++r) parts[r][j] += x[r * args.x_stride + k] * weight;
        }
      }
      for (int j = 0; j < kTileVectors; ++j) {
        const Vec scale = load(scales + group / kInt8Group * kPanelColumns + j * kLanes);
        for (int r = 0; r < kRows; ++r) sums[r][j] += parts[r][j] * scale;
      }
    }
    store_tile<kRows>(args, sums);
  }
};

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
