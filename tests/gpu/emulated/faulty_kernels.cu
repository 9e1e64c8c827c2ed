// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"
#include "tests/gpu/emulated/faulty_kernels.h"

namespace pagequest::ops::PQ_CUDA_NS::faulty {
namespace {

constexpr int kSharedBytes = 64;

__device__ void meet_wrongly(Fault fault, int lane) {
  switch (fault) {
    case Fault::lanes_in_other_collective:
      if (lane < 7) {
        __shfl_sync(kAllLanes, lane, 0);
      } else {
        __ballot_sync(kAllLanes, lane);
      }
      return;
    case Fault::lane_in_barrier:
      if (lane == 3) {
        __syncthreads();
      } else {
        __syncwarp();
      }
      return;
    case Fault::lane_returned:
      if (lane != 3) __syncwarp();
      return;
    case Fault::lane_outside_block:
      __syncwarp();
      return;
    case Fault::lane_outside_mask:
      __syncwarp(0xfffffff7U);
      return;
    case Fault::shuffle_from_outside_mask:
      if (lane < 8) __shfl_xor_sync(0xffU, lane, 8);
      return;
    case Fault::barrier_not_reached:
      if (lane != 5) __syncthreads();
      return;
    case Fault::different_barriers:
      if (lane != 5) {
        __syncthreads();
      } else {
        __syncthreads_or(1);
      }
      return;
    default:
      return;
  }
}

__device__ void touch_wrongly(Fault fault, std::uint32_t* buffer, std::int32_t words) {
  std::byte* shared = shared_memory();
  std::uint32_t tiles[4];
  switch (fault) {
    case Fault::misaligned_tiles:
      load_tiles(tiles, shared + 8);
      return;
    case Fault::tiles_outside_shared:
      load_tiles(tiles, shared + kSharedBytes - 8);
      return;
    case Fault::misaligned_copy:
      copy_async_16(shared + 4, buffer);
      return;
    case Fault::copy_from_outside_buffer:
      copy_async_16(shared, buffer + words);
      return;
    case Fault::copy_outside_shared:
      copy_async_16(shared + kSharedBytes, buffer);
      return;
    case Fault::misaligned_load:
      static_cast<void>(load_streaming(buffer + 1));
      return;
    case Fault::write_behind_shared:
      shared[kSharedBytes] = std::byte{1};
      return;
    case Fault::write_behind_buffer:
      buffer[words] = 1;
      return;
    case Fault::trap:
      __trap();
      return;
    default:
      return;
  }
}

__global__ void faulty_kernel(Fault fault, std::uint32_t* buffer, std::int32_t words) {
  const auto thread = static_cast<int>(threadIdx.x);
  if (fault != Fault::no_wait_for_previous || thread != 4) wait_for_previous();
  meet_wrongly(fault, thread);
  touch_wrongly(fault, buffer, words);
}

__global__ void fresh_shared_kernel(std::uint32_t* to) {
  __shared__ std::uint32_t fixed[kSharedWords];
  wait_for_previous();
  auto* dynamic = reinterpret_cast<std::uint32_t*>(shared_memory());
  std::uint32_t* mine = to + blockIdx.x * 2 * kSharedWords;
  const auto thread = static_cast<int>(threadIdx.x);
  mine[thread] = fixed[thread];
  mine[kSharedWords + thread] = dynamic[thread];
  fixed[thread] = 0;
  dynamic[thread] = 0;
}

__global__ void copy_without_wait_kernel(const std::uint32_t* from, std::uint32_t* to) {
  __shared__ __align__(16) std::uint32_t words[4 * kWarp];
  wait_for_previous();
  const auto lane = static_cast<int>(threadIdx.x);
  for (int i = 0; i < 4; ++i) words[4 * lane + i] = 0;
  copy_async_16(&words[4 * lane], from + 4 * lane);
  copy_async_commit();
  copy_async_wait<1>();
  for (int i = 0; i < 4; ++i) to[4 * lane + i] = words[4 * lane + i];
}

__global__ void neighbours_kernel(std::uint32_t* to) {
  __shared__ std::uint32_t numbers[kWarp];
  wait_for_previous();
  const unsigned lane = threadIdx.x;
  numbers[lane] = lane;
  to[blockIdx.x * kWarp + lane] = numbers[(lane + 1) % kWarp];
}

__global__ void early_kernel(const std::int32_t* from, std::int32_t* to) {
  const std::int32_t value = from[0];
  wait_for_previous();
  to[0] = value;
}

__global__ void order_kernel(std::uint32_t* to, std::uint32_t* counter) {
  wait_for_previous();
  to[blockIdx.x] = atomicAdd(counter, 1U);
}

__global__ void idle_kernel() { wait_for_previous(); }

}  // namespace

void run(Fault fault, std::uint32_t* buffer, std::int32_t words, const Stream& stream) {
  const bool larger = fault == Fault::lane_outside_block;
  const LaunchShape shape{.grid = dim3(larger ? 2 : 1),
                          .block = dim3(larger ? 40 : kWarp),
                          .shared_bytes = kSharedBytes};
  launch(&faulty_kernel, shape, stream, fault, buffer, words);
}

void read_fresh_shared(std::uint32_t* to, std::int32_t blocks, const Stream& stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(blocks)),
                          .block = dim3(kSharedWords),
                          .shared_bytes = 4 * kSharedWords};
  launch(&fresh_shared_kernel, shape, stream, to);
}

void copy_without_wait(const std::uint32_t* from, std::uint32_t* to, const Stream& stream) {
  launch(&copy_without_wait_kernel, {.grid = dim3(1), .block = dim3(kWarp)}, stream, from, to);
}

void neighbours_without_barrier(std::uint32_t* to, std::int32_t blocks, const Stream& stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kWarp)};
  launch(&neighbours_kernel, shape, stream, to);
}

void read_early(const std::int32_t* from, std::int32_t* to, const Stream& stream) {
  launch(&early_kernel, {.grid = dim3(1), .block = dim3(1)}, stream, from, to);
}

void block_order(std::uint32_t* to, std::uint32_t* counter, std::int32_t blocks,
                 const Stream& stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(1)};
  launch(&order_kernel, shape, stream, to, counter);
}

void launch_shape(std::uint32_t threads, std::int32_t shared_bytes, const Stream& stream) {
  const LaunchShape shape{.grid = dim3(1), .block = dim3(threads), .shared_bytes = shared_bytes};
  launch(&idle_kernel, shape, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS::faulty
