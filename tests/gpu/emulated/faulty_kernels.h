// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cuda/device.h"

/// Kernels that break a rule each, which the emulator must notice.
namespace pagequest::ops::PQ_CUDA_NS::faulty {

enum class Fault : std::uint8_t {
  lanes_in_other_collective,
  lane_in_barrier,
  lane_returned,
  lane_outside_block,
  lane_outside_mask,
  shuffle_from_outside_mask,
  barrier_not_reached,
  different_barriers,
  no_wait_for_previous,
  misaligned_tiles,
  tiles_outside_shared,
  misaligned_copy,
  copy_from_outside_buffer,
  copy_outside_shared,
  misaligned_load,
  write_behind_shared,
  write_behind_buffer,
  trap,
};

/// One warp, or two blocks of 40 threads where it takes more, with 64 bytes of shared memory.
void run(Fault fault, std::uint32_t* buffer, std::int32_t words, const Stream& stream);

/// What a block finds in `words` words each of its static and its dynamic shared memory; leaves
/// zeros there.
inline constexpr int kSharedWords = 100;
void read_fresh_shared(std::uint32_t* to, std::int32_t blocks, const Stream& stream);

/// to[lane] = from[lane] by an asynchronous copy of the warp that nobody waits for.
void copy_without_wait(const std::uint32_t* from, std::uint32_t* to, const Stream& stream);

/// Each lane writes its number and reads its neighbour's, with nothing between.
void neighbours_without_barrier(std::uint32_t* to, std::int32_t blocks, const Stream& stream);

/// to[0] = from[0], which it reads before it waits for the kernel that wrote it.
void read_early(const std::int32_t* from, std::int32_t* to, const Stream& stream);

/// to[i] = the number of blocks that ran before the i-th one.
void block_order(std::uint32_t* to, std::uint32_t* counter, std::int32_t blocks,
                 const Stream& stream);

/// Launches with `threads` threads and `shared_bytes` of dynamic shared memory; does nothing.
void launch_shape(std::uint32_t threads, std::int32_t shared_bytes, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS::faulty
