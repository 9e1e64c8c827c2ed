// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/linear_launch.cuh"

/// Products in f32: a warp adds up one output, or one gate and its up, of up to 8 rows. Each row's
/// sum has the same order however many rows there are.
namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kOutputsOfBlock = 4;  // a warp each
constexpr int kAhead = 4;           // loads of weights that are on their way

__device__ inline float warp_sum(float value) {
#pragma unroll
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, lanes);
  }
  return value;
}

/// Four elements from k on, zeros behind the row's end.
__device__ inline float4 load_four(const float* row, std::int32_t k, std::int32_t inputs) {
  float4 x = *reinterpret_cast<const float4*>(row + k);
  if (k + 1 >= inputs) x.y = 0.0F;
  if (k + 2 >= inputs) x.z = 0.0F;
  if (k + 3 >= inputs) x.w = 0.0F;
  return x;
}

__device__ inline float add_products(float sum, const uint4& weights, const float4& x) {
  sum = fmaf(__uint_as_float(weights.x), x.x, sum);
  sum = fmaf(__uint_as_float(weights.y), x.y, sum);
  sum = fmaf(__uint_as_float(weights.z), x.z, sum);
  return fmaf(__uint_as_float(weights.w), x.w, sum);
}

/// sums(row) of one output.
template <int kRows>
__device__ inline void add_output(const Product& p, const RowTile& tile, std::int32_t output,
                                  const float* const (&x)[kRows], float (&sums)[kRows]) {
  constexpr std::int32_t kStep = 4 * kWarp;
  const std::byte* row = p.weights + tile.expert * p.expert_bytes + output * p.row_bytes;
  const auto first = static_cast<std::int32_t>(threadIdx.x % kWarp * 4);
  for (std::int32_t base = first; base < p.inputs; base += kAhead * kStep) {
    uint4 weights[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const std::int32_t k = base + i * kStep;
      if (k < p.inputs) weights[i] = load_streaming(row + std::int64_t{k} * 4);
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const std::int32_t k = base + i * kStep;
      if (k >= p.inputs) break;
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        if (r < tile.rows)
          sums[r] = add_products(sums[r], weights[i], load_four(x[r], k, p.inputs));
      }
    }
  }
#pragma unroll
  for (int r = 0; r < kRows; ++r) sums[r] = warp_sum(sums[r]);
}

/// Block (x, y): kOutputsOfBlock outputs, or gates with their ups, of row tile y.
template <int kRows>
__global__ void __launch_bounds__(kOutputsOfBlock* kWarp) f32_kernel(Product p) {
  wait_for_previous();
  let_next_begin();
  const RowTile tile = row_tile(p, static_cast<std::int32_t>(blockIdx.y), kRows);
  const auto output = static_cast<std::int32_t>(blockIdx.x * kOutputsOfBlock + threadIdx.x / kWarp);
  const std::int32_t end = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  if (tile.rows == 0 || output >= end) return;
  const float* x[kRows];
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    x[r] = reinterpret_cast<const float*>(p.x);
    if (r < tile.rows) x[r] += x_offset(p, tile.first_row + r);
  }
  float sums[kRows] = {};
  float ups[kRows] = {};
  add_output<kRows>(p, tile, output, x, sums);
  if (is_gated(p.epilogue)) add_output<kRows>(p, tile, end + output, x, ups);
  if (threadIdx.x % kWarp != 0) return;
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    if (r >= tile.rows) break;
    if (is_gated(p.epilogue)) {
      finish_gated(p, tile.expert, tile.first_row + r, output, sums[r], ups[r]);
    } else {
      finish(p, tile.expert, tile.first_row + r, output, sums[r]);
    }
  }
}

template <int kRows>
void launch_f32_as(const Product& p, const Stream& stream) {
  const std::int64_t outputs = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  launch(&f32_kernel<kRows>,
         {.grid = dim3(static_cast<unsigned>(ceil_div(outputs, kOutputsOfBlock)),
                       static_cast<unsigned>(most_row_tiles(p, kRows))),
          .block = dim3(kOutputsOfBlock * kWarp)},
         stream, p);
}

}  // namespace

void launch_f32(const Product& p, const Stream& stream) {
  if (p.rows == 1) return launch_f32_as<1>(p, stream);
  launch_f32_as<8>(p, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
