// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/ops/cuda/namespace.h"

/// Which kernel computes a product, by its shape alone.
namespace pagequest::ops::PQ_CUDA_NS {

/// Rows up to which each kernel is taken. A remainder counts as rows of its own, but for GEMV.
inline constexpr std::int64_t kGemvRows = 16;       // weights once, from memory into registers
inline constexpr std::int64_t kSmallTileRows = 32;  // tiles of 32 x 64
inline constexpr std::int64_t kMediumTileRows =
    64;  // tiles of 64 x 64; then 128 x 128, or 128 x 64
/// Rows of bf16 from which cuBLASLt is taken, where it is there.
inline constexpr std::int64_t kLibraryRows = 128;
/// Rows whose gates and ups cuBLASLt leaves in scratch memory at a time.
inline constexpr std::int64_t kLibraryGatedRows = 1024;

/// Blocks that keep an H100 (132 multiprocessors) busy; other GPUs get the same plan.
inline constexpr std::int64_t kMultiprocessors = 132;
inline constexpr std::int64_t kBusyBlocks = 2 * kMultiprocessors;
inline constexpr std::int64_t kBusyGemvWarps = 20 * kMultiprocessors;

enum class GemmSize : std::uint8_t { small, medium, large };

/// Rows of a tile. All tiles but the large ones of bf16 and mxfp4, of 128, have 64 outputs.
[[nodiscard]] constexpr std::int64_t tile_rows_of(GemmSize size) {
  return size == GemmSize::small ? 32 : size == GemmSize::medium ? 64 : 128;
}

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step;
}

/// Large tiles read the least, if there are so many that none is cut into parts.
[[nodiscard]] constexpr GemmSize gemm_size(std::int64_t rows, std::int64_t outputs,
                                           std::int64_t large_outputs) {
  if (rows <= kSmallTileRows) return GemmSize::small;
  const std::int64_t large = ceil_div(rows, 128) * ceil_div(outputs, large_outputs);
  return rows <= kMediumTileRows || large <= kMultiprocessors ? GemmSize::medium : GemmSize::large;
}

/// Into how many parts the inputs are cut, so that few tiles make enough blocks; each part has at
/// least 512 inputs.
[[nodiscard]] constexpr std::int64_t input_parts(std::int64_t tiles, std::int64_t inputs) {
  return std::max<std::int64_t>(1, std::min({kBusyBlocks / tiles, inputs / 512, std::int64_t{8}}));
}

/// Warps of a GEMV's block: few, so that blocks come and go one by one, but enough for all.
[[nodiscard]] constexpr std::int64_t gemv_warps(std::int64_t blocks, std::int64_t inputs) {
  const std::int64_t chunks = ceil_div(inputs, 128);
  std::int64_t warps = 4;
  while (warps < 16 && blocks * warps < kBusyGemvWarps) warps *= 2;
  return std::min(warps, chunks);
}

/// One tile of 8 outputs a block, or two where there are blocks enough.
[[nodiscard]] constexpr bool takes_two_tiles(std::int64_t outputs) { return outputs > 8192; }

}  // namespace pagequest::ops::PQ_CUDA_NS
