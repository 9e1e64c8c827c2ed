// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <source_location>

#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/cuda.h"
#include "engine/ops/cuda/emulator/kernel.h"
#include "engine/ops/cuda/emulator/tensor_core.h"
#include "engine/ops/cuda/namespace.h"

/// The twins of the functions in ptx.cuh.
namespace pagequest::ops::PQ_CUDA_NS {

inline void wait_for_previous() { emulator::the_block().wait_for_previous(); }
inline void let_next_begin() {}

inline uint4 load_streaming(const void* global) {
  emulator::check_global("load_streaming", global, sizeof(uint4), sizeof(uint4));
  return *static_cast<const uint4*>(global);
}

/// A GPU ignores addresses that it can't prefetch.
inline void prefetch_to_l2(const void* /*global*/) {}

inline void copy_async_16(void* shared, const void* global, bool valid = true) {
  emulator::check_shared("copy_async_16", shared, 16, 16);
  if (valid) emulator::check_global("copy_async_16", global, 16, 16);
  emulator::running.thread->copies.add(static_cast<std::byte*>(shared),
                                       valid ? static_cast<const std::byte*>(global) : nullptr);
}
inline void copy_async_commit() { emulator::running.thread->copies.commit(); }
template <int kPending>
void copy_async_wait() {
  emulator::running.thread->copies.wait(kPending);
}

inline void load_tiles(std::uint32_t (&tiles)[4], const void* shared_row,
                       std::source_location where = std::source_location::current()) {
  emulator::load_tiles("load_tiles", tiles, shared_row, false, where);
}
inline void load_tiles_transposed(std::uint32_t (&tiles)[4], const void* shared_row,
                                  std::source_location where = std::source_location::current()) {
  emulator::load_tiles("load_tiles_transposed", tiles, shared_row, true, where);
}
inline void mma_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                     std::source_location where = std::source_location::current()) {
  emulator::multiply(d, a, b, where);
}

inline std::uint32_t pack_bf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &pair, sizeof(bits));
  return bits;
}

}  // namespace pagequest::ops::PQ_CUDA_NS
