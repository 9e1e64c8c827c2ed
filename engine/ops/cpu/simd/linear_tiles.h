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

/// What a register tile multiplies: some rows of x by some columns of a panel.
struct TileArgs {
  const void* x;          // of the tile's first row, in the form that the tile takes
  std::int64_t x_stride;  // elements of that form
  const std::byte* panel;
  const std::byte* scales;    // of the panel
  std::int64_t first_column;  // of the panel
  std::int64_t inputs;
  float* y;  // of the tile's first row and column
  std::int64_t y_stride;
  bool accumulate;
};

template <int kRows>
void store_tile(const TileArgs& args, const Vec (&sums)[kRows][kTileVectors]) {
  for (int r = 0; r < kRows; ++r) {
    for (int j = 0; j < kTileVectors; ++j) {
      float* out = args.y + r * args.y_stride + j * kLanes;
      store(out, args.accumulate ? load(out) + sums[r][j] : sums[r][j]);
    }
  }
}

template <class Tile>
void run_tile(const TileArgs& args, std::int64_t rows) {
  switch (rows) {
    case 1:
      return Tile::template run<1>(args);
    case 2:
      return Tile::template run<2>(args);
    case 3:
      return Tile::template run<3>(args);
    case 4:
      return Tile::template run<4>(args);
    case 5:
      return Tile::template run<5>(args);
    default:
      return Tile::template run<6>(args);
  }
}

/// All panels times all rows. `x` is in the form that the tile takes, `element` bytes each. The
/// panel is the outer loop: it stays in the cache while all rows use it.
template <class Tile>
void for_tiles(const LinearArgs& args, const std::byte* x, std::int64_t x_stride,
               std::int64_t element, std::int64_t rows, float* y) {
  const std::int64_t blocks = (rows + kTileRows - 1) / kTileRows;
  for (std::int64_t panel = 0; panel < args.panel_count; ++panel) {
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t first = rows * block / blocks;
      const std::int64_t end = rows * (block + 1) / blocks;
      for (std::int64_t column = 0; column < kPanelColumns; column += kTileVectors * kLanes) {
        run_tile<Tile>({.x = x + first * x_stride * element,
                        .x_stride = x_stride,
                        .panel = args.panels + panel * args.panel_stride,
                        .scales = args.scales + panel * args.scale_stride,
                        .first_column = column,
                        .inputs = args.inputs,
                        .y = y + first * args.y_stride + panel * kPanelColumns + column,
                        .y_stride = args.y_stride,
                        .accumulate = args.accumulate},
                       end - first);
      }
    }
  }
}

template <class Tile>
void linear_panels(const LinearArgs& args) {
  for_tiles<Tile>(args, reinterpret_cast<const std::byte*>(args.x), args.x_stride, sizeof(float),
                  args.rows, args.y);
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
