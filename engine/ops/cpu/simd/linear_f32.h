// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

struct F32Tile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const float* x = static_cast<const float*>(args.x);
    const float* panel = reinterpret_cast<const float*>(args.panel) + args.first_column;
    Vec sums[kRows][kTileVectors]{};
    for (std::int64_t k = 0; k < args.inputs; ++k) {
      Vec weights[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) {
        weights[j] = load(panel + k * kPanelColumns + j * kLanes);
      }
      for (int r = 0; r < kRows; ++r) {
        const float input = x[r * args.x_stride + k];
        for (int j = 0; j < kTileVectors; ++j) sums[r][j] += input * weights[j];
      }
    }
    store_tile<kRows>(args, sums);
  }
};

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
