// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"
#include "tests/gpu/test_kernels.h"

namespace pagequest::ops::PQ_CUDA_NS::test_kernels {
namespace {

constexpr int kThreads = 256;

__global__ void add_kernel(const std::int32_t* from, std::int32_t addend, std::int32_t* to,
                           std::int32_t count) {
  wait_for_previous();
  let_next_begin();
  const auto i = static_cast<std::int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) to[i] = from[i] + addend;
}

__device__ inline float warp_sum(float value) {
#pragma unroll
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, lanes);
  }
  return value;
}

template <bool kBarrier>
__global__ void __launch_bounds__(kThreads)
    block_sums_kernel(const float* __restrict__ from, std::int32_t each, float* sums) {
  __shared__ float of_warp[kThreads / kWarp];
  wait_for_previous();
  const float* mine = from + static_cast<std::int64_t>(blockIdx.x) * each;
  const auto thread = static_cast<std::int32_t>(threadIdx.x);
  float sum = 0;
  for (std::int32_t i = thread; i < each; i += kThreads) sum += mine[i];
  sum = warp_sum(sum);
  if (thread % kWarp == 0) of_warp[thread / kWarp] = sum;
  if constexpr (kBarrier) __syncthreads();
  if (thread < kWarp) {
    sum = warp_sum(thread < kThreads / kWarp ? of_warp[thread] : 0.0F);
    if (thread == 0) sums[blockIdx.x] = sum;
  }
}

}  // namespace

void add(const std::int32_t* from, std::int32_t addend, std::int32_t* to, std::int32_t count,
         const Stream& stream) {
  const auto blocks = static_cast<unsigned>((count + kThreads - 1) / kThreads);
  launch(&add_kernel, {.grid = dim3(blocks), .block = dim3(kThreads)}, stream, from, addend, to,
         count);
}

void block_sums(const float* from, std::int32_t each, float* sums, std::int32_t blocks,
                bool with_barrier, const Stream& stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kThreads)};
  launch(with_barrier ? &block_sums_kernel<true> : &block_sums_kernel<false>, shape, stream, from,
         each, sums);
}

}  // namespace pagequest::ops::PQ_CUDA_NS::test_kernels
