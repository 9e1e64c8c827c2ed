// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/platform.h"

/// Instructions that C++ has no words for. The emulator's twins are in emulator/ptx.h.
#if !defined(__CUDACC__)
#include "engine/ops/cuda/emulator/ptx.h"
#else

namespace pagequest::ops::PQ_CUDA_NS {

/// Blocks until the kernels before this one in the stream are done and their writes are seen.
__device__ inline void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Lets the next kernel of the stream begin, up to its wait_for_previous().
__device__ inline void let_next_begin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// 16 bytes that are read once: they leave the first-level cache alone.
__device__ inline uint4 load_streaming(const void* global) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(global));
  return v;
}

__device__ inline void prefetch_to_l2(const void* global) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(global));
}

/// Copies 16 bytes from global to shared memory behind the thread's back; zeros unless `valid`.
__device__ inline void copy_async_16(void* shared, const void* global, bool valid = true) {
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(global),
               "r"(bytes)
               : "memory");
}

/// Ends a group of the thread's asynchronous copies.
__device__ inline void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Blocks until all but the newest kPending groups of the thread have arrived. Other threads see
/// them after a barrier.
template <int kPending>
__device__ inline void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

/// Four 8 x 8 tiles of 16-bit elements: lane l gives the address of row l % 8 of tile l / 8, and
/// gets elements 2 (l % 4) and 2 (l % 4) + 1 of row l / 4 of each.
__device__ inline void load_tiles(std::uint32_t (&tiles)[4], const void* shared_row) {
  const auto from = static_cast<unsigned>(__cvta_generic_to_shared(shared_row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles[0]), "=r"(tiles[1]), "=r"(tiles[2]), "=r"(tiles[3])
               : "r"(from)
               : "memory");
}

/// The same with each tile transposed: lane l gets column l / 4.
__device__ inline void load_tiles_transposed(std::uint32_t (&tiles)[4], const void* shared_row) {
  const auto from = static_cast<unsigned>(__cvta_generic_to_shared(shared_row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles[0]), "=r"(tiles[1]), "=r"(tiles[2]), "=r"(tiles[3])
               : "r"(from)
               : "memory");
}

/// d += a * b on tensor cores: a 16 x 16 and b 16 x 8 of bf16, d 16 x 8 of f32. Fragments as PTX
/// ISA, "mma.m16n8k16" says: lane l holds rows l / 4 and l / 4 + 8 of a and d, column l / 4 of b.
__device__ inline void mma_bf16(float (&d)[4], const std::uint32_t (&a)[4],
                                const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Two floats to a pair of bf16, to nearest even, the first in the lower half.
__device__ inline std::uint32_t pack_bf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}

/// Sums and products of two pairs of bf16, rounded to nearest even, subnormal numbers included.
__device__ inline std::uint32_t add_bf16(std::uint32_t a, std::uint32_t b) {
  const __nv_bfloat162 sums = __hadd2(*reinterpret_cast<const __nv_bfloat162*>(&a),
                                      *reinterpret_cast<const __nv_bfloat162*>(&b));
  return *reinterpret_cast<const std::uint32_t*>(&sums);
}
__device__ inline std::uint32_t multiply_bf16(std::uint32_t a, std::uint32_t b) {
  const __nv_bfloat162 products = __hmul2(*reinterpret_cast<const __nv_bfloat162*>(&a),
                                          *reinterpret_cast<const __nv_bfloat162*>(&b));
  return *reinterpret_cast<const std::uint32_t*>(&products);
}

}  // namespace pagequest::ops::PQ_CUDA_NS

#endif

namespace pagequest::ops::PQ_CUDA_NS {

__device__ inline float from_bf16_low(std::uint32_t pair) { return __uint_as_float(pair << 16); }
__device__ inline float from_bf16_high(std::uint32_t pair) {
  return __uint_as_float(pair & 0xffff0000U);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
