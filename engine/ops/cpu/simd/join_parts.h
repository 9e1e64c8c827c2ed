// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/vec.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

template <class T>
T load_as(const std::byte* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof(T));
  return value;
}

/// A vector made of parts of equal size, that of at[i] + offset being the i-th.
template <class Vector, int kParts>
Vector join_parts(const std::byte* const (&at)[kParts], std::int64_t offset) {
  constexpr std::size_t kBytes = sizeof(Vector);
  static_assert(kParts == 1 || kParts == 2 || kParts == 4);
  if constexpr (kParts == 1) {
    return load_as<Vector>(at[0] + offset);
  } else if constexpr (kBytes / kParts == 4) {
    std::int32_t words __attribute__((vector_size(kBytes)));
    for (int i = 0; i < kParts; ++i) words[i] = load_as<std::int32_t>(at[i] + offset);
    return __builtin_bit_cast(Vector, words);
  } else if constexpr (kBytes / kParts == 8) {
    std::int64_t words __attribute__((vector_size(kBytes)));
    for (int i = 0; i < kParts; ++i) words[i] = load_as<std::int64_t>(at[i] + offset);
    return __builtin_bit_cast(Vector, words);
#if PQ_LANES >= 8
  } else if constexpr (kBytes == 32) {
    const __m128i low = load_as<__m128i>(at[0] + offset);
    const __m128i high = load_as<__m128i>(at[1] + offset);
    return __builtin_bit_cast(Vector, _mm256_set_m128i(high, low));
#endif
#if PQ_LANES >= 16
  } else if constexpr (kParts == 2) {
    const __m512i low = _mm512_castsi256_si512(load_as<__m256i>(at[0] + offset));
    return __builtin_bit_cast(Vector, _mm512_inserti64x4(low, load_as<__m256i>(at[1] + offset), 1));
  } else {
    const __m256i low =
        _mm256_set_m128i(load_as<__m128i>(at[1] + offset), load_as<__m128i>(at[0] + offset));
    const __m256i high =
        _mm256_set_m128i(load_as<__m128i>(at[3] + offset), load_as<__m128i>(at[2] + offset));
    return __builtin_bit_cast(Vector, _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
#endif
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
