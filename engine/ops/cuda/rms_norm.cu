// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;

/// Sum over the block's threads, in the same order every time.
__device__ inline float block_sum(float x) {
  __shared__ float sums[kWarps];
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step);
  if (threadIdx.x % kWarp == 0) sums[warp] = x;
  __syncthreads();
  float total = 0.0F;
#pragma unroll
  for (int i = 0; i < kWarps; ++i) total += sums[i];
  return total;
}

__device__ inline void store(const RmsNormArgs& args, std::int64_t row, std::int64_t i,
                             float value) {
  const std::int64_t at = row * args.out.stride + i;
  if (args.out.element == Element::f32) {
    static_cast<float*>(args.out.data)[at] = value;
    return;
  }
  const std::uint32_t rounded = pack_bf16(value, 0.0F);
  static_cast<std::uint16_t*>(args.out.data)[at] = static_cast<std::uint16_t>(rounded & 0xffffU);
  if (args.remainder.data == nullptr) return;
  const std::uint32_t rest = pack_bf16(value - from_bf16_low(rounded), 0.0F);
  static_cast<std::uint16_t*>(args.remainder.data)[row * args.remainder.stride + i] =
      static_cast<std::uint16_t>(rest & 0xffffU);
}

/// A block for each row.
__global__ void __launch_bounds__(kThreads) rms_norm_kernel(RmsNormArgs args) {
  wait_for_previous();
  let_next_begin();
  const std::int64_t row = blockIdx.x;
  const std::int64_t source = args.source_rows == nullptr ? row : args.source_rows[row];
  const float* x = static_cast<const float*>(args.x.data) + source * args.x.stride;
  float squares = 0.0F;
#pragma unroll 4
  for (std::int64_t i = threadIdx.x; i < args.width; i += kThreads) squares += x[i] * x[i];
  const float mean = block_sum(squares) / static_cast<float>(args.width);
  const float scale = 1.0F / sqrtf(mean + args.epsilon);
#pragma unroll 4
  for (std::int64_t i = threadIdx.x; i < args.width; i += kThreads) {
    store(args, row, i, x[i] * scale * args.weight[i]);
  }
}

}  // namespace

void rms_norm(const RmsNormArgs& args, const Stream& stream) {
  launch(&rms_norm_kernel,
         {.grid = dim3(static_cast<unsigned>(args.rows)), .block = dim3(kThreads)}, stream, args);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
