// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "engine/ops/cuda/emulator/vectors.h"

/// CUDA's bfloat16 types and their conversions, in the global namespace as there.
struct __nv_bfloat16 {
  std::uint16_t bits;

  __nv_bfloat16() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as in CUDA
  __nv_bfloat16(float value) : bits(rounded(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

 private:
  /// To nearest, ties to even; NaN becomes 0x7fff, as on the device.
  static std::uint16_t rounded(float value) {
    const auto from = std::bit_cast<std::uint32_t>(value);
    if (value != value) return 0x7fffU;
    return static_cast<std::uint16_t>((from + 0x7fffU + (from >> 16U & 1U)) >> 16U);
  }
};
struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x;
  __nv_bfloat16 y;
};
// Arithmetic in bf16, which rounds each result, is not emulated: convert to float.
void operator+(__nv_bfloat16, __nv_bfloat16) = delete;
void operator-(__nv_bfloat16, __nv_bfloat16) = delete;
void operator*(__nv_bfloat16, __nv_bfloat16) = delete;
void operator/(__nv_bfloat16, __nv_bfloat16) = delete;
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

inline float __bfloat162float(__nv_bfloat16 value) { return value; }
inline __nv_bfloat16 __float2bfloat16(float value) { return value; }
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return value; }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {x, y}; }
inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) { return {x, y}; }
inline __nv_bfloat162 __float2bfloat162_rn(float both) { return {both, both}; }
inline float2 __bfloat1622float2(__nv_bfloat162 pair) { return {pair.x, pair.y}; }
inline float __low2float(__nv_bfloat162 pair) { return pair.x; }
inline float __high2float(__nv_bfloat162 pair) { return pair.y; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) { return value.bits; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) {
  return std::bit_cast<__nv_bfloat16>(bits);
}
