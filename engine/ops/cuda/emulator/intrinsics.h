// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// CUDA's bit, number and memory intrinsics, in the global namespace as there.

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline int __ffsll(long long x) {
  return x == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(x)) + 1;
}
inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (unsigned i = 0; i < 32; ++i) reversed |= (x >> i & 1U) << (31U - i);
  return reversed;
}
/// Byte i of the result is byte (selector >> 4 i) & 7 of {b, a}; bit 3 repeats its sign.
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(b) << 32U | a;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned choice = selector >> (4 * i);
    const auto byte = static_cast<unsigned>(bytes >> (8 * (choice & 7U)) & 0xffU);
    const unsigned sign = (byte & 0x80U) != 0 ? 0xffU : 0U;
    result |= ((choice & 8U) != 0 ? sign : byte) << (8 * i);
  }
  return result;
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  const std::uint64_t both = static_cast<std::uint64_t>(high) << 32U | low;
  return static_cast<unsigned>(both << (shift & 31U) >> 32U);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  const std::uint64_t both = static_cast<std::uint64_t>(high) << 32U | low;
  return static_cast<unsigned>(both >> (shift & 31U));
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<std::uint64_t>(a) * b >> 32U);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<unsigned long long>(static_cast<Wide>(a) * b >> 64U);
}
/// c + the sum of products of the four signed bytes.
inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; ++i) {
    c += static_cast<std::int8_t>(a >> (8 * i)) * static_cast<std::int8_t>(b >> (8 * i));
  }
  return c;
}

inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

/// As PTX's cvt: what an integer can't hold becomes the nearest it can, NaN becomes 0.
template <class Integer>
Integer pq_saturated(float whole) {
  if (std::isnan(whole)) return 0;
  if (whole <= static_cast<float>(std::numeric_limits<Integer>::min())) {
    return std::numeric_limits<Integer>::min();
  }
  if (whole >= static_cast<float>(std::numeric_limits<Integer>::max())) {
    return std::numeric_limits<Integer>::max();
  }
  return static_cast<Integer>(whole);
}
inline int __float2int_rn(float x) { return pq_saturated<int>(std::nearbyint(x)); }
inline int __float2int_rz(float x) { return pq_saturated<int>(std::trunc(x)); }
inline int __float2int_rd(float x) { return pq_saturated<int>(std::floor(x)); }
inline int __float2int_ru(float x) { return pq_saturated<int>(std::ceil(x)); }
inline unsigned __float2uint_rn(float x) { return pq_saturated<unsigned>(std::nearbyint(x)); }
inline unsigned __float2uint_rz(float x) { return pq_saturated<unsigned>(std::trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline float __frsqrt_rn(float x) { return 1.0F / std::sqrt(x); }
inline float __frcp_rn(float x) { return 1.0F / x; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fmaf_rn(float x, float y, float z) { return std::fma(x, y, z); }
inline double __dadd_rn(double x, double y) { return x + y; }
inline double __dmul_rn(double x, double y) { return x * y; }
inline double __fma_rn(double x, double y, double z) { return std::fma(x, y, z); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __expf(float x) { return std::exp(x); }
inline float __exp10f(float x) { return std::pow(10.0F, x); }
inline float __logf(float x) { return std::log(x); }
inline float __log2f(float x) { return std::log2(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
inline float __sinf(float x) { return std::sin(x); }
inline float __cosf(float x) { return std::cos(x); }
inline float __tanhf(float x) { return std::tanh(x); }
inline float __saturatef(float x) { return x > 0.0F ? (x < 1.0F ? x : 1.0F) : 0.0F; }

#define PQ_MIN_MAX(type)                                       \
  constexpr type min(type a, type b) { return b < a ? b : a; } \
  constexpr type max(type a, type b) { return a < b ? b : a; }
PQ_MIN_MAX(int)
PQ_MIN_MAX(unsigned)
PQ_MIN_MAX(long)
PQ_MIN_MAX(unsigned long)
PQ_MIN_MAX(long long)
PQ_MIN_MAX(unsigned long long)
#undef PQ_MIN_MAX
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }

/// Loads and stores with a hint for the caches.
template <class T>
T __ldg(const T* from) {
  return *from;
}
template <class T>
T __ldcg(const T* from) {
  return *from;
}
template <class T>
T __ldcs(const T* from) {
  return *from;
}
template <class T>
T __ldca(const T* from) {
  return *from;
}
template <class T>
void __stcg(T* to, T value) {
  *to = value;
}
template <class T>
void __stcs(T* to, T value) {
  *to = value;
}

// Threads of a kernel take turns on one processor: each access is atomic and seen by all.
inline void __threadfence_block() {}
inline void __threadfence() {}
inline void __threadfence_system() {}

#define PQ_ATOMICS(type)                                       \
  inline type atomicAdd(type* at, type value) {                \
    const type before = *at;                                   \
    *at = static_cast<type>(before + value);                   \
    return before;                                             \
  }                                                            \
  inline type atomicMax(type* at, type value) {                \
    const type before = *at;                                   \
    *at = before < value ? value : before;                     \
    return before;                                             \
  }                                                            \
  inline type atomicMin(type* at, type value) {                \
    const type before = *at;                                   \
    *at = value < before ? value : before;                     \
    return before;                                             \
  }                                                            \
  inline type atomicOr(type* at, type value) {                 \
    const type before = *at;                                   \
    *at = before | value;                                      \
    return before;                                             \
  }                                                            \
  inline type atomicAnd(type* at, type value) {                \
    const type before = *at;                                   \
    *at = before & value;                                      \
    return before;                                             \
  }                                                            \
  inline type atomicExch(type* at, type value) {               \
    const type before = *at;                                   \
    *at = value;                                               \
    return before;                                             \
  }                                                            \
  inline type atomicCAS(type* at, type expected, type value) { \
    const type before = *at;                                   \
    if (before == expected) *at = value;                       \
    return before;                                             \
  }
PQ_ATOMICS(int)
PQ_ATOMICS(unsigned)
PQ_ATOMICS(unsigned long long)
#undef PQ_ATOMICS
inline unsigned atomicInc(unsigned* at, unsigned last) {
  const unsigned before = *at;
  *at = before >= last ? 0 : before + 1;
  return before;
}
