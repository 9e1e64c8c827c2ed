// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/ptx.cuh"
#include "engine/ops/cuda/views.h"

/// Stored weights to pairs of bf16 for tensor cores, without rounding. int8 and fp8 come out as
/// they are stored: their scales multiply sums. mxfp4 comes out scaled, which only moves the
/// exponent.
namespace pagequest::ops::PQ_CUDA_NS {

/// Inputs that share a scale, as engine/ops/cpu/packed_matrix.h says.
inline constexpr int kScaleGroup = 128;
inline constexpr int kMxfp4ScaleGroup = 32;

/// What 16 bytes of a matrix hold.
template <MatrixType kType>
struct Storage {
  static constexpr int kPerLoad = kType == MatrixType::bf16    ? 8
                                  : kType == MatrixType::mxfp4 ? 32
                                                               : 16;  // weights
  static constexpr int kEights = kPerLoad / 8;
  /// The scales multiply sums over kScaleGroup inputs.
  static constexpr bool kScalesSums = kType == MatrixType::int8 || kType == MatrixType::fp8;
  static constexpr bool kRaw = kType != MatrixType::bf16;
};

__device__ inline std::uint32_t word_of(const uint4& raw, int i) {
  return i == 0 ? raw.x : i == 1 ? raw.y : i == 2 ? raw.z : raw.w;
}

/// Four int8 to two pairs. 128 + the lower seven bits is a bf16 whose fraction they are; 128 goes
/// off again, or 256 where the sign bit, worth -128, is set.
__device__ inline void decode_int8(std::uint32_t four, std::uint32_t& low, std::uint32_t& high) {
  const std::uint32_t two[2] = {__byte_perm(four, 0, 0x4140), __byte_perm(four, 0, 0x4342)};
  low = add_bf16((two[0] & 0x007f007fU) | 0x43004300U, (two[0] & 0x00800080U) | 0xc300c300U);
  high = add_bf16((two[1] & 0x007f007fU) | 0x43004300U, (two[1] & 0x00800080U) | 0xc300c300U);
}

/// Two E4M3 in the upper bytes of each half to a pair: its bits, moved to bf16's place, are the
/// value times 2^-120, because the biases are 7 and 127.
__device__ inline std::uint32_t widen_e4m3(std::uint32_t spread) {
  constexpr std::uint32_t kTwoTo120 = 0x7b807b80U;
  const std::uint32_t bits = ((spread >> 4U) & 0x07f007f0U) | (spread & 0x80008000U);
  return multiply_bf16(bits, kTwoTo120);
}

/// Four E4M3 to two pairs. Where one is NaN (all bits but the sign set), the first pair gets NaN:
/// the sum that all four go into is lost anyway.
__device__ inline void decode_fp8(std::uint32_t four, std::uint32_t& low, std::uint32_t& high) {
  low = widen_e4m3(__byte_perm(four, 0, 0x1404));
  high = widen_e4m3(__byte_perm(four, 0, 0x3424));
  const bool has_nan = (((four & 0x7f7f7f7fU) + 0x01010101U) & 0x80808080U) != 0;
  if (has_nan) low = 0x7fc07fc0U;
}

/// An E8M0 scale as two factors whose product it is, times 2^126: one alone may be beyond bf16.
struct E8m0Factors {
  std::uint32_t first;
  std::uint32_t second;  // 0: 1
};
__device__ inline E8m0Factors e8m0_factors(std::uint32_t exponent) {
  const std::uint32_t first = (min(exponent, 128U) + 126U) << 7U;
  const std::uint32_t second = exponent <= 128U   ? 0U
                               : exponent == 255U ? 0x7f80U
                                                  : (exponent - 1U) << 7U;
  return {first | first << 16U, second | second << 16U};
}

/// The E2M1 in the upper four bits of each half, scaled. Moved to bf16's place they are the value
/// times 2^-126, because the biases are 1 and 127.
__device__ inline std::uint32_t widen_e2m1(std::uint32_t spread, const E8m0Factors& scale) {
  const std::uint32_t bits = ((spread >> 6U) & 0x01c001c0U) | (spread & 0x80008000U);
  const std::uint32_t pair = multiply_bf16(bits, scale.first);
  return scale.second == 0 ? pair : multiply_bf16(pair, scale.second);
}

/// Eight E2M1 to four pairs. Inputs i and i + 4 are 16 bits apart, so they widen together.
__device__ inline void decode_mxfp4(std::uint32_t eight, std::uint32_t exponent,
                                    std::uint32_t (&pairs)[4]) {
  const E8m0Factors scale = e8m0_factors(exponent);
  const std::uint32_t w0 = widen_e2m1(eight << 12U, scale);
  const std::uint32_t w1 = widen_e2m1(eight << 8U, scale);
  const std::uint32_t w2 = widen_e2m1(eight << 4U, scale);
  const std::uint32_t w3 = widen_e2m1(eight, scale);
  pairs[0] = __byte_perm(w0, w1, 0x5410);
  pairs[1] = __byte_perm(w2, w3, 0x5410);
  pairs[2] = __byte_perm(w0, w1, 0x7632);
  pairs[3] = __byte_perm(w2, w3, 0x7632);
}

/// Weights 8 i to 8 i + 7 of a load, in order. `exponent`: E8M0 scale, of mxfp4 only.
template <MatrixType kType>
__device__ inline void decode_eight(const uint4& raw, int i, std::uint32_t exponent,
                                    std::uint32_t (&pairs)[4]) {
  if constexpr (kType == MatrixType::bf16) {
    pairs[0] = raw.x;
    pairs[1] = raw.y;
    pairs[2] = raw.z;
    pairs[3] = raw.w;
  } else if constexpr (kType == MatrixType::int8) {
    decode_int8(word_of(raw, 2 * i), pairs[0], pairs[1]);
    decode_int8(word_of(raw, 2 * i + 1), pairs[2], pairs[3]);
  } else if constexpr (kType == MatrixType::fp8) {
    decode_fp8(word_of(raw, 2 * i), pairs[0], pairs[1]);
    decode_fp8(word_of(raw, 2 * i + 1), pairs[2], pairs[3]);
  } else {
    decode_mxfp4(word_of(raw, i), exponent, pairs);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
