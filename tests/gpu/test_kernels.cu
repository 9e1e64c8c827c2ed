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

__global__ void warp_kernel(const std::int32_t* values, std::int32_t* results) {
  wait_for_previous();
  const auto lane = static_cast<int>(threadIdx.x);
  const std::int32_t value = values[lane];
  std::int32_t* to = results + lane;
  const auto put = [&to](std::int64_t result) {
    *to = static_cast<std::int32_t>(result);
    to += kWarp;
  };
  put(__shfl_sync(kAllLanes, value, 5));
  put(__shfl_sync(kAllLanes, value, 3, 8));
  put(__shfl_up_sync(kAllLanes, value, 3));
  put(__shfl_down_sync(kAllLanes, value, 5, 16));
  put(__shfl_xor_sync(kAllLanes, value, 9));
  const bool odd = value % 2 != 0;
  put(__ballot_sync(kAllLanes, odd));
  put(__any_sync(kAllLanes, odd));
  put(__all_sync(kAllLanes, odd));
  put(__reduce_add_sync(kAllLanes, value));
  put(__reduce_max_sync(kAllLanes, value));
  const auto wide = static_cast<long long>(value) << 32 | value;
  put(__shfl_xor_sync(kAllLanes, wide, 1) >> 32);
  if (lane < 16) {
    put(__shfl_xor_sync(0x0000ffffU, value, 1));
  } else {
    put(__reduce_min_sync(0xffff0000U, value));
  }
}

__global__ void votes_kernel(const std::int32_t* holds, std::int32_t* results) {
  __shared__ std::int32_t threads;
  wait_for_previous();
  const std::int32_t mine = holds[threadIdx.x];
  if (threadIdx.x == 0) threads = 0;
  const int count = __syncthreads_count(mine);
  atomicAdd(&threads, 1);
  const int all = __syncthreads_and(mine);
  const int any = __syncthreads_or(mine);
  if (threadIdx.x != blockDim.x - 1) return;
  results[0] = count;
  results[1] = all;
  results[2] = any;
  results[3] = threads;
}

__global__ void intrinsics_kernel(const std::uint32_t* numbers, std::uint32_t* results,
                                  std::int32_t count) {
  wait_for_previous();
  const auto i = static_cast<std::int32_t>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  const std::uint32_t x = numbers[i];
  const auto wide = static_cast<unsigned long long>(x) << 20U;
  std::uint32_t* to = results + i;
  const auto put = [&to, count](std::uint32_t result) {
    *to = result;
    to += count;
  };
  put(static_cast<std::uint32_t>(__popc(x)));
  put(static_cast<std::uint32_t>(__popcll(wide)));
  put(static_cast<std::uint32_t>(__clz(static_cast<int>(x))));
  put(static_cast<std::uint32_t>(__clzll(static_cast<long long>(wide))));
  put(static_cast<std::uint32_t>(__ffs(static_cast<int>(x))));
  put(static_cast<std::uint32_t>(__ffsll(static_cast<long long>(wide))));
  put(__brev(x));
  put(__byte_perm(x, ~x, 0x7214));
  put(__umulhi(x, x));
  put(static_cast<std::uint32_t>(__umul64hi(wide, wide)));
  put(__funnelshift_l(x, ~x, 7));
  put(__float_as_uint(__uint_as_float(x & 0x3fffffffU) * 2.0F));
  put(__bfloat16_as_ushort(__float2bfloat16(static_cast<float>(x))));
  put(pack_bf16(static_cast<float>(x), -1.5F));
  put(static_cast<std::uint32_t>(__float2int_rn(__uint_as_float(x))));
  put(__float2uint_rz(__uint_as_float(x)));
}

__global__ void tensor_core_kernel(const std::uint16_t* a, const std::uint16_t* b, float* d) {
  __shared__ __align__(16) std::uint16_t a_rows[16][16];
  __shared__ __align__(16) std::uint16_t b_rows[16][16];  // the right half is not used
  wait_for_previous();
  const auto lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 256; i += kWarp) a_rows[i / 16][i % 16] = a[i];
  for (int i = lane; i < 128; i += kWarp) {
    b_rows[i / 8][i % 8] = b[i];
    b_rows[i / 8][i % 8 + 8] = 0;
  }
  __syncwarp();
  const int row = lane % 16;
  const int half = lane / 16 * 8;
  std::uint32_t a_tiles[4];
  std::uint32_t b_tiles[4];
  load_tiles(a_tiles, &a_rows[row][half]);
  load_tiles_transposed(b_tiles, &b_rows[row][half]);
  const std::uint32_t b_left[2] = {b_tiles[0], b_tiles[1]};
  float* mine = d + lane / 4 * 8 + 2 * (lane % 4);
  float sums[4] = {mine[0], mine[1], mine[64], mine[65]};
  mma_bf16(sums, a_tiles, b_left);
  mine[0] = sums[0];
  mine[1] = sums[1];
  mine[64] = sums[2];
  mine[65] = sums[3];
}

constexpr int kStages = 3;
constexpr int kCopyThreads = 64;

/// A block copies its pieces in turns of one piece a thread.
__global__ void staged_copy_kernel(const uint4* from, uint4* to, std::int32_t pieces,
                                   std::int32_t valid) {
  wait_for_previous();
  auto* stages = reinterpret_cast<uint4*>(shared_memory());
  const auto thread = static_cast<std::int32_t>(threadIdx.x);
  const auto fetch = [&](std::int32_t turn) {
    const std::int32_t i = turn * kCopyThreads + thread;
    if (i < pieces)
      copy_async_16(&stages[turn % kStages * kCopyThreads + thread], from + i, i < valid);
    copy_async_commit();
  };
  const std::int32_t turns = (pieces + kCopyThreads - 1) / kCopyThreads;
  for (int turn = 0; turn < kStages - 1; ++turn) fetch(turn);
  for (std::int32_t turn = 0; turn < turns; ++turn) {
    copy_async_wait<kStages - 2>();
    __syncthreads();
    // Another thread's piece, so that the barriers matter.
    const std::int32_t other = kCopyThreads - 1 - thread;
    const std::int32_t i = turn * kCopyThreads + other;
    if (i < pieces) to[i] = stages[turn % kStages * kCopyThreads + other];
    fetch(turn + kStages - 1);
  }
}

__global__ void add_prefetched_kernel(const std::int32_t* weights, std::int32_t* to) {
  __shared__ std::int32_t fixed[kPrefetched / 2];
  auto* dynamic = reinterpret_cast<std::int32_t*>(shared_memory());
  constexpr int kHalf = kPrefetched / 2;
  const auto thread = static_cast<std::int32_t>(threadIdx.x);
  fixed[thread] = weights[thread];
  copy_async_16(&dynamic[thread / 4 * 4], weights + kHalf + thread / 4 * 4);
  copy_async_commit();
  __syncthreads();
  wait_for_previous();
  copy_async_wait<0>();
  __syncthreads();
  to[kHalf - 1 - thread] += fixed[kHalf - 1 - thread];
  to[kPrefetched - 1 - thread] += dynamic[kHalf - 1 - thread];
}

__global__ void shared_bytes_kernel(std::int32_t bytes, std::uint8_t* to) {
  wait_for_previous();
  std::byte* shared = shared_memory();
  const auto thread = static_cast<std::int32_t>(threadIdx.x);
  for (std::int32_t i = thread; i < bytes; i += kThreads)
    shared[i] = static_cast<std::byte>(i % 251);
  __syncthreads();
  for (std::int32_t i = bytes - 1 - thread; i >= 0; i -= kThreads) {
    to[i] = shared[i] == static_cast<std::byte>(i % 251) ? 1 : 0;
  }
}

unsigned blocks_for(std::int32_t count) {
  return static_cast<unsigned>((count + kThreads - 1) / kThreads);
}

}  // namespace

void add(const std::int32_t* from, std::int32_t addend, std::int32_t* to, std::int32_t count,
         const Stream& stream) {
  launch(&add_kernel, {.grid = dim3(blocks_for(count)), .block = dim3(kThreads)}, stream, from,
         addend, to, count);
}

void block_sums(const float* from, std::int32_t each, float* sums, std::int32_t blocks,
                bool with_barrier, const Stream& stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kThreads)};
  launch(with_barrier ? &block_sums_kernel<true> : &block_sums_kernel<false>, shape, stream, from,
         each, sums);
}

void warp_operations(const std::int32_t* values, std::int32_t* results, const Stream& stream) {
  launch(&warp_kernel, {.grid = dim3(1), .block = dim3(kWarp)}, stream, values, results);
}

void block_votes(const std::int32_t* holds, std::int32_t threads, std::int32_t* results,
                 const Stream& stream) {
  launch(&votes_kernel, {.grid = dim3(1), .block = dim3(static_cast<unsigned>(threads))}, stream,
         holds, results);
}

void intrinsics(const std::uint32_t* numbers, std::uint32_t* results, std::int32_t count,
                const Stream& stream) {
  launch(&intrinsics_kernel, {.grid = dim3(blocks_for(count)), .block = dim3(kThreads)}, stream,
         numbers, results, count);
}

void tensor_core(const std::uint16_t* a, const std::uint16_t* b, float* d, const Stream& stream) {
  launch(&tensor_core_kernel, {.grid = dim3(1), .block = dim3(kWarp)}, stream, a, b, d);
}

void staged_copy(const std::uint32_t* from, std::uint32_t* to, std::int32_t pieces,
                 std::int32_t valid, const Stream& stream) {
  const LaunchShape shape{
      .grid = dim3(1), .block = dim3(kCopyThreads), .shared_bytes = kStages * kCopyThreads * 16};
  launch(&staged_copy_kernel, shape, stream, reinterpret_cast<const uint4*>(from),
         reinterpret_cast<uint4*>(to), pieces, valid);
}

void add_prefetched(const std::int32_t* weights, std::int32_t* to, const Stream& stream) {
  const LaunchShape shape{
      .grid = dim3(1), .block = dim3(kPrefetched / 2), .shared_bytes = 2 * kPrefetched};
  launch(&add_prefetched_kernel, shape, stream, weights, to);
}

void shared_bytes(std::int32_t bytes, std::uint8_t* to, const Stream& stream) {
  launch(&shared_bytes_kernel, {.grid = dim3(1), .block = dim3(kThreads), .shared_bytes = bytes},
         stream, bytes, to);
}

}  // namespace pagequest::ops::PQ_CUDA_NS::test_kernels
