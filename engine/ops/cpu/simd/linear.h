// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

// Register tile: 6 rows by 4 vectors where there are 32 vector registers, else 6 by 2. Each
// accumulator is one chain over the inputs, so a row's result does not depend on its tile.
inline constexpr int kTileVectors = kVectorRegisters >= 32 ? 4 : 2;
inline constexpr int kTileRows = 6;

template <int kRows>
void linear_tile(const LinearArgs& args, const float* x, const float* panel, float* y) {
  Vec sums[kRows][kTileVectors]{};
  for (std::int64_t k = 0; k < args.inputs; ++k) {
    Vec weights[kTileVectors];
    for (int j = 0; j < kTileVectors; ++j)
      weights[j] = load(panel + k * kPanelColumns + j * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const float input = x[r * args.x_stride + k];
      for (int j = 0; j < kTileVectors; ++j) sums[r][j] += input * weights[j];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < kTileVectors; ++j) {
      float* out = y + r * args.y_stride + j * kLanes;
      store(out, args.accumulate ? load(out) + sums[r][j] : sums[r][j]);
    }
  }
}

inline void linear_rows(const LinearArgs& args, int rows, const float* x, const float* panel,
                        float* y) {
  switch (rows) {
    case 1:
      return linear_tile<1>(args, x, panel, y);
    case 2:
      return linear_tile<2>(args, x, panel, y);
    case 3:
      return linear_tile<3>(args, x, panel, y);
    case 4:
      return linear_tile<4>(args, x, panel, y);
    case 5:
      return linear_tile<5>(args, x, panel, y);
    default:
      return linear_tile<6>(args, x, panel, y);
  }
}

// The panel is the outer loop: it stays in the first-level cache while all rows use it.
inline void linear(const LinearArgs& args) {
  const std::int64_t blocks = (args.rows + kTileRows - 1) / kTileRows;
  for (std::int64_t panel = 0; panel < args.panel_count; ++panel) {
    const float* weights = args.panels + panel * args.inputs * kPanelColumns;
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t first = args.rows * block / blocks;
      const std::int64_t end = args.rows * (block + 1) / blocks;
      for (std::int64_t column = 0; column < kPanelColumns; column += kTileVectors * kLanes) {
        linear_rows(args, static_cast<int>(end - first), args.x + first * args.x_stride,
                    weights + column,
                    args.y + first * args.y_stride + panel * kPanelColumns + column);
      }
    }
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
