// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A vector of floats as wide as the instruction set that this file is compiled for. Each
// kernels_<isa>.cpp compiles the kernel headers once, with its own flags and in its own namespace:
// nothing here may have a linkage that another translation unit could share (so no inline functions
// of the standard library either), or the linker could pick code that the processor cannot run.

#include <cstddef>
#include <cstdint>

#if defined(PQ_LANES) && PQ_LANES >= 8
#include <immintrin.h>
#endif

#if !defined(PQ_ISA_NAMESPACE)
#define PQ_ISA_NAMESPACE portable
#define PQ_LANES 4
#define PQ_VECTOR_REGISTERS 16
#endif

namespace pagequest::ops::PQ_ISA_NAMESPACE {

inline constexpr std::int64_t kLanes = PQ_LANES;
inline constexpr int kVectorRegisters = PQ_VECTOR_REGISTERS;

// Unaligned and allowed to alias floats, so that any float address can be loaded.
typedef float Vec __attribute__((vector_size(4 * PQ_LANES), aligned(4), may_alias));
typedef std::int32_t IntVec __attribute__((vector_size(4 * PQ_LANES), aligned(4), may_alias));

typedef std::uint32_t WordVec __attribute__((vector_size(4 * PQ_LANES), aligned(4), may_alias));
typedef std::int8_t ByteVec __attribute__((vector_size(PQ_LANES), aligned(1), may_alias));
typedef std::uint8_t CodeVec __attribute__((vector_size(PQ_LANES), aligned(1), may_alias));

inline Vec load(const float* p) { return *reinterpret_cast<const Vec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<Vec*>(p) = v; }
/// Stores the first `count` lanes, all of them if there are not more.
inline void store_first(float* p, Vec v, std::int64_t count) {
  if (count >= kLanes) return store(p, v);
  for (std::int64_t i = 0; i < count; ++i) p[i] = v[i];
}
inline Vec splat(float x) { return Vec{} + x; }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }

/// kLanes pairs of bf16 values.
inline WordVec load_pairs(const std::byte* p) { return *reinterpret_cast<const WordVec*>(p); }
/// The first and the second value of each pair, in f32.
inline Vec first_of(WordVec pairs) {
  const WordVec bits = pairs << 16;
  return __builtin_bit_cast(Vec, bits);
}
inline Vec second_of(WordVec pairs) {
  const WordVec bits = pairs & 0xFFFF0000U;
  return __builtin_bit_cast(Vec, bits);
}
// The compiler widens bytes one by one where it is left to itself.
#if PQ_LANES == 16
inline IntVec widen(ByteVec bytes) {
  const __m512i words = _mm512_cvtepi8_epi32(__builtin_bit_cast(__m128i, bytes));
  return __builtin_bit_cast(IntVec, words);
}
inline WordVec widen(CodeVec bytes) {
  const __m512i words = _mm512_cvtepu8_epi32(__builtin_bit_cast(__m128i, bytes));
  return __builtin_bit_cast(WordVec, words);
}
#elif PQ_LANES == 8
inline IntVec widen(ByteVec bytes) {
  const __m256i words =
      _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(&bytes)));
  return __builtin_bit_cast(IntVec, words);
}
inline WordVec widen(CodeVec bytes) {
  const __m256i words =
      _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(&bytes)));
  return __builtin_bit_cast(WordVec, words);
}
#else
inline IntVec widen(ByteVec bytes) { return __builtin_convertvector(bytes, IntVec); }
inline WordVec widen(CodeVec bytes) { return __builtin_convertvector(bytes, WordVec); }
#endif
inline WordVec load_codes(const std::byte* p) {
  return widen(*reinterpret_cast<const CodeVec*>(p));
}
inline Vec to_floats(ByteVec bytes) { return __builtin_convertvector(widen(bytes), Vec); }
inline Vec load_int8(const std::byte* p) { return to_floats(*reinterpret_cast<const ByteVec*>(p)); }

inline IntVec lane_numbers() {
  IntVec lanes{};
  for (int i = 0; i < PQ_LANES; ++i) lanes[i] = i;
  return lanes;
}

typedef float Vec4 __attribute__((vector_size(16), aligned(4), may_alias));

inline float sum(Vec4 v) {
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
  return v[0] + v[1];
}
inline float largest(Vec4 v) {
  const Vec4 w = __builtin_shufflevector(v, v, 2, 3, 0, 1);
  v = v > w ? v : w;
  return v[0] > v[1] ? v[0] : v[1];
}

#if PQ_LANES >= 8
typedef float Vec8 __attribute__((vector_size(32), aligned(4), may_alias));

inline float sum(Vec8 v) {
  return sum(__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7));
}
inline float largest(Vec8 v) {
  const Vec4 low = __builtin_shufflevector(v, v, 0, 1, 2, 3);
  const Vec4 high = __builtin_shufflevector(v, v, 4, 5, 6, 7);
  return largest(low > high ? low : high);
}
#endif

#if PQ_LANES >= 16
inline float sum(Vec v) {
  return sum(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
             __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
}
inline float largest(Vec v) {
  const Vec8 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  const Vec8 high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return largest(low > high ? low : high);
}
#endif

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
