// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/ptx.cuh"

/// What the kernels of linear() and experts() share: the description of a product, which rows a
/// block computes, and what is done with a sum.
namespace pagequest::ops::PQ_CUDA_NS {

/// A product of rows with a matrix, or of each expert's rows with its own one.
struct Product {
  const std::byte* weights;
  const std::byte* scales;
  std::int64_t row_bytes;
  std::int64_t scale_stride;
  std::int32_t outputs;
  std::int32_t inputs;
  const float* bias;  // (output) or (expert, output); null: none
  const std::byte* x;
  const std::byte* remainder;  // null: none
  std::int64_t x_stride;       // elements
  const std::int32_t* source;  // (row): row of x; null: the same
  std::byte* y;
  std::int64_t y_stride;
  bool y_is_bf16;
  Epilogue epilogue;
  std::int32_t rows;
  const std::int32_t* first;  // (expert + 1): its range of rows; null: one matrix for all rows
  std::int32_t experts;
  std::int64_t expert_bytes;
  std::int64_t expert_scale_bytes;
};

[[nodiscard]] Product product_of(const LinearArgs& args);
[[nodiscard]] __host__ __device__ inline bool is_gated(Epilogue epilogue) {
  return epilogue == Epilogue::swiglu || epilogue == Epilogue::clamped_swiglu;
}

/// Tiles of `tile_rows` rows that cover all rows, whichever experts they belong to.
[[nodiscard]] inline std::int32_t most_row_tiles(const Product& p, std::int32_t tile_rows) {
  if (p.first == nullptr) return (p.rows + tile_rows - 1) / tile_rows;
  return min(p.experts, p.rows) + p.rows / tile_rows;
}

struct RowTile {
  std::int32_t first_row;
  std::int32_t rows;  // 0: nothing to do
  std::int32_t expert;
};

__device__ inline std::int32_t sum_up_to_lane(std::int32_t value) {
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
#pragma unroll
  for (int step = 1; step < kWarp; step *= 2) {
    const std::int32_t below = __shfl_up_sync(kAllLanes, value, static_cast<unsigned>(step));
    if (lane >= step) value += below;
  }
  return value;
}

/// Tile number `index` when each expert's rows are cut into tiles. A whole warp must call it.
__device__ inline RowTile expert_row_tile(const Product& p, std::int32_t index,
                                          std::int32_t tile_rows) {
  const auto lane = static_cast<std::int32_t>(threadIdx.x % kWarp);
  std::int32_t passed = 0;
  for (std::int32_t base = 0; base < p.experts; base += kWarp) {
    const std::int32_t expert = min(base + lane, p.experts - 1);
    const std::int32_t begin = p.first[expert];
    const std::int32_t count = base + lane < p.experts ? p.first[expert + 1] - begin : 0;
    const std::int32_t tiles = (count + tile_rows - 1) / tile_rows;
    const std::int32_t end = passed + sum_up_to_lane(tiles);
    const unsigned behind = __ballot_sync(kAllLanes, index < end);
    if (behind != 0) {
      const int found = __ffs(static_cast<int>(behind)) - 1;
      const std::int32_t offset = (index - __shfl_sync(kAllLanes, end - tiles, found)) * tile_rows;
      const std::int32_t rest = __shfl_sync(kAllLanes, count, found) - offset;
      return {__shfl_sync(kAllLanes, begin, found) + offset, min(rest, tile_rows), base + found};
    }
    passed = __shfl_sync(kAllLanes, end, kWarp - 1);
  }
  return {0, 0, 0};
}

__device__ inline RowTile row_tile(const Product& p, std::int32_t index, std::int32_t tile_rows) {
  if (p.first != nullptr) return expert_row_tile(p, index, tile_rows);
  const std::int32_t first = index * tile_rows;
  return {first, min(p.rows - first, tile_rows), 0};
}

/// Elements of 16 bits from k on, a multiple of 8; zeros behind the row's end. Null: zeros.
__device__ inline uint4 load_eight(const std::uint16_t* row, std::int32_t k, std::int32_t inputs) {
  if (row == nullptr || k >= inputs) return make_uint4(0, 0, 0, 0);
  uint4 eight = *reinterpret_cast<const uint4*>(row + k);
  const std::int32_t left = inputs - k;
  if (left < 8) {
    const auto mask = [left](std::int32_t i) {
      return left >= i + 2 ? ~0U : left == i + 1 ? 0xffffU : 0U;
    };
    eight = make_uint4(eight.x & mask(0), eight.y & mask(2), eight.z & mask(4), eight.w & mask(6));
  }
  return eight;
}

__device__ inline std::int64_t x_offset(const Product& p, std::int32_t row) {
  const std::int32_t source = p.source != nullptr ? p.source[row] : row;
  return source * p.x_stride;
}

__device__ inline float activate(Epilogue epilogue, float gate, float up) {
  if (epilogue == Epilogue::swiglu) return gate / (1.0F + __expf(-gate)) * up;
  constexpr float kLimit = 7.0F;
  constexpr float kSteepness = 1.702F;
  // Written so that NaN stays NaN.
  const float g = gate > kLimit ? kLimit : gate;
  const float u = up > kLimit ? kLimit : up < -kLimit ? -kLimit : up;
  return g / (1.0F + __expf(-kSteepness * g)) * (u + 1.0F);
}

__device__ inline float bias_of(const Product& p, std::int32_t expert, std::int32_t output) {
  if (p.bias == nullptr) return 0.0F;
  return p.bias[static_cast<std::int64_t>(expert) * p.outputs + output];
}

/// What store and add do with the sum of one output.
__device__ inline void finish(const Product& p, std::int32_t expert, std::int32_t row,
                              std::int32_t output, float sum) {
  float* y = reinterpret_cast<float*>(p.y) + row * p.y_stride + output;
  const float value = sum + bias_of(p, expert, output);
  *y = p.epilogue == Epilogue::add ? *y + value : value;
}

/// What the gated ones do with the sums of gate number `column` and of its up.
__device__ inline void finish_gated(const Product& p, std::int32_t expert, std::int32_t row,
                                    std::int32_t column, float gate, float up) {
  const float value = activate(p.epilogue, gate + bias_of(p, expert, column),
                               up + bias_of(p, expert, p.outputs / 2 + column));
  const std::int64_t at = row * p.y_stride + column;
  if (p.y_is_bf16) {
    reinterpret_cast<__nv_bfloat16*>(p.y)[at] = __float2bfloat16_rn(value);
  } else {
    reinterpret_cast<float*>(p.y)[at] = value;
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
