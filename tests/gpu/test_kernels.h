// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cuda/device.h"

/// Small kernels that tests of streams and of what kernels are made of launch.
namespace pagequest::ops::PQ_CUDA_NS::test_kernels {

/// to[i] = from[i] + addend.
void add(const std::int32_t* from, std::int32_t addend, std::int32_t* to, std::int32_t count,
         const Stream& stream);

/// sums[block] = the sum of the block's `each` floats of `from`, by shuffles, shared memory and a
/// barrier, which `with_barrier` may leave out.
void block_sums(const float* from, std::int32_t each, float* sums, std::int32_t blocks,
                bool with_barrier, const Stream& stream);

/// Of one warp whose lane l brings values[l]: results of kWarpResults operations, (operation,
/// lane).
inline constexpr int kWarpResults = 12;
void warp_operations(const std::int32_t* values, std::int32_t* results, const Stream& stream);

/// Of one block whose thread t brings holds[t]: for how many it is not 0, whether for all, whether
/// for any, and how many threads there are, counted by an atomic.
void block_votes(const std::int32_t* holds, std::int32_t threads, std::int32_t* results,
                 const Stream& stream);

/// kIntrinsics functions of each number, (function, number).
inline constexpr int kIntrinsics = 16;
void intrinsics(const std::uint32_t* numbers, std::uint32_t* results, std::int32_t count,
                const Stream& stream);

/// d (16, 8) += a (16, 16) * b (16, 8): bf16 in rows, f32 in rows; b is loaded transposed.
void tensor_core(const std::uint16_t* a, const std::uint16_t* b, float* d, const Stream& stream);

/// Copies pieces of 16 bytes by way of shared memory that asynchronous copies fill ahead; pieces
/// from `valid` on become zeros.
void staged_copy(const std::uint32_t* from, std::uint32_t* to, std::int32_t pieces,
                 std::int32_t valid, const Stream& stream);

/// to[i] = weights[i] + to[i] of one block: weights come through static and dynamic shared memory
/// before the kernel waits for the one before. kPrefetched numbers each.
inline constexpr int kPrefetched = 256;
void add_prefetched(const std::int32_t* weights, std::int32_t* to, const Stream& stream);

/// to[i] = 1 for each byte of the dynamic shared memory that a block can write and read.
void shared_bytes(std::int32_t bytes, std::uint8_t* to, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS::test_kernels
