// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/gemm.cuh"
#include "engine/ops/cuda/gemv.cuh"

/// The launches for one type of weights; linear_<type>.cu instantiate them.
namespace pagequest::ops::PQ_CUDA_NS {
namespace {

template <MatrixType kType, int kTiles, int kHalves>
void launch_gemv_as(const Product& p, const Stream& stream) {
  const std::int64_t outputs = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  const std::int64_t of_block = is_gated(p.epilogue) ? kGemvOutputs : kGemvOutputs * kTiles;
  const std::int64_t blocks = ceil_div(outputs, of_block);
  const auto row_tiles = static_cast<unsigned>(most_row_tiles(p, 8 * kHalves));
  const auto warps = static_cast<unsigned>(gemv_warps(blocks * row_tiles, p.inputs));
  const auto shared = static_cast<int>(warps * GemvSums<kTiles, kHalves>::kOfWarp * sizeof(float));
  launch(&gemv_kernel<kType, kTiles, kHalves>,
         {.grid = dim3(static_cast<unsigned>(blocks), row_tiles),
          .block = dim3(warps * kWarp),
          .shared_bytes = shared},
         stream, p);
}

template <class Tile>
void launch_gemm_as(const Product& p, std::int64_t parts, float* partial_sums,
                    const Stream& stream) {
  const std::int64_t steps = ceil_div(p.inputs, kGemmStep);
  // Parts begin where a group of scales does.
  const std::int64_t steps_of_part = ceil_div(ceil_div(steps, parts), 2) * 2;
  const std::int32_t tile_rows = p.remainder == nullptr ? Tile::kRows : Tile::kRows / 2;
  launch(&gemm_kernel<Tile>,
         {.grid = dim3(static_cast<unsigned>(most_row_tiles(p, tile_rows)),
                       static_cast<unsigned>(ceil_div(p.outputs, Tile::kOutputs)),
                       static_cast<unsigned>(parts)),
          .block = dim3(Tile::kThreads),
          .shared_bytes = Tile::kSharedBytes},
         stream, p,
         PartialSums{parts > 1 ? partial_sums : nullptr, static_cast<std::int32_t>(steps_of_part)});
}

template <MatrixType kType>
using SmallTile = GemmTile<kType, 32, 64, 1, 4, 5>;
template <MatrixType kType>
using MediumTile = GemmTile<kType, 64, 64, 2, 2, 4>;
template <MatrixType kType>
using LargeTile =
    std::conditional_t<large_tile_outputs(kType) == 128, GemmTile<kType, 128, 128, 2, 4, 3>,
                       GemmTile<kType, 128, 64, 4, 2, 4>>;

}  // namespace

template <MatrixType kType>
void launch_gemv(const Product& p, const Stream& stream) {
  if (p.first == nullptr && p.rows > 8) return launch_gemv_as<kType, 2, 2>(p, stream);
  if (is_gated(p.epilogue) || takes_two_tiles(p.outputs)) {
    return launch_gemv_as<kType, 2, 1>(p, stream);
  }
  launch_gemv_as<kType, 1, 1>(p, stream);
}

template <MatrixType kType>
void launch_gemm(const Product& p, GemmSize size, std::int64_t parts, float* partial_sums,
                 const Stream& stream) {
  switch (size) {
    case GemmSize::small:
      return launch_gemm_as<SmallTile<kType>>(p, parts, partial_sums, stream);
    case GemmSize::medium:
      return launch_gemm_as<MediumTile<kType>>(p, parts, partial_sums, stream);
    case GemmSize::large:
      return launch_gemm_as<LargeTile<kType>>(p, parts, partial_sums, stream);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
