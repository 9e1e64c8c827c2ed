// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

#if defined(PQ_BF16_DOT)

inline __m512bh as_bf16(__m512i bits) { return __builtin_bit_cast(__m512bh, bits); }

/// x in kTerms rows of bf16 pairs whose sum it is, to rounding. A dot product adds the pair's two
/// products to an f32 sum.
template <int kTerms>
struct Bf16Tile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const auto* x = static_cast<const std::int32_t*>(args.x);
    const std::byte* panel = args.panel + args.first_column * 4;
    __m512 sums[kRows][kTileVectors];
    for (auto& row : sums) {
      for (auto& sum : row) sum = _mm512_setzero_ps();
    }
    const std::int64_t pairs = (args.inputs + 1) / 2;
    const std::int64_t term_stride = args.x_stride / kTerms;
    for (std::int64_t k = 0; k < pairs; ++k) {
      __m512i weights[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) {
        weights[j] = _mm512_loadu_si512(panel + (k * kPanelColumns + j * kLanes) * 4);
      }
      for (int r = 0; r < kRows; ++r) {
        for (int term = 0; term < kTerms; ++term) {
          const std::int32_t pair = x[r * args.x_stride + term * term_stride + k];
          const __m512bh input = as_bf16(_mm512_set1_epi32(pair));
          for (int j = 0; j < kTileVectors; ++j) {
            sums[r][j] = _mm512_dpbf16_ps(sums[r][j], as_bf16(weights[j]), input);
          }
        }
      }
    }
    Vec out[kRows][kTileVectors];
    for (int r = 0; r < kRows; ++r) {
      for (int j = 0; j < kTileVectors; ++j) out[r][j] = __builtin_bit_cast(Vec, sums[r][j]);
    }
    store_tile<kRows>(args, out);
  }
};

inline __m512 widen(__m256bh rounded) {
  const __m512i words = _mm512_cvtepu16_epi32(__builtin_bit_cast(__m256i, rounded));
  return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}

/// Rounds a row to bf16, to nearest even, and what is left of it to the next term; whole vectors,
/// zeros behind the end. Terms are `stride` pairs apart.
template <int kTerms>
void round_row(const float* x, std::int64_t count, std::int32_t* out, std::int64_t stride) {
  for (std::int64_t k = 0; k < count; k += 16) {
    const __mmask16 mask =
        count - k >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << (count - k)) - 1U);
    __m512 rest = _mm512_maskz_loadu_ps(mask, x + k);
    for (int term = 0; term < kTerms; ++term) {
      const __m256bh rounded = _mm512_cvtneps_pbh(rest);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + term * stride + k / 2),
                          __builtin_bit_cast(__m256i, rounded));
      rest = _mm512_sub_ps(rest, widen(rounded));
    }
  }
}

template <int kTerms>
void linear_bf16_terms(const LinearArgs& args) {
  const std::int64_t stride = (args.inputs + 31) / 32 * 16;  // pairs
  auto* rounded = reinterpret_cast<std::int32_t*>(args.scratch);
  const std::int64_t step = kLinearRows / kTerms;
  for (std::int64_t first = 0; first < args.rows; first += step) {
    const std::int64_t rows = args.rows - first < step ? args.rows - first : step;
    for (std::int64_t r = 0; r < rows; ++r) {
      round_row<kTerms>(args.x + (first + r) * args.x_stride, args.inputs,
                        rounded + r * kTerms * stride, stride);
    }
    for_tiles<Bf16Tile<kTerms>>(args, reinterpret_cast<const std::byte*>(rounded), kTerms * stride,
                                4, rows, args.y + first * args.y_stride);
  }
}

inline void linear_bf16(const LinearArgs& args) {
  return args.precise ? linear_bf16_terms<2>(args) : linear_bf16_terms<1>(args);
}

#else

/// x in f32: each weight is widened and used once.
struct Bf16Tile {
  template <int kRows>
  static void run(const TileArgs& args) {
    const float* x = static_cast<const float*>(args.x);
    const std::byte* panel = args.panel + args.first_column * 4;
    Vec sums[kRows][kTileVectors]{};
    for (std::int64_t k = 0; k < args.inputs; k += 2) {
      const bool pair = k + 1 < args.inputs;
      for (int j = 0; j < kTileVectors; ++j) {
        const WordVec weights = load_pairs(panel + (k / 2 * kPanelColumns + j * kLanes) * 4);
        const Vec first = first_of(weights);
        const Vec second = second_of(weights);
        for (int r = 0; r < kRows; ++r) {
          const float* row = x + r * args.x_stride + k;
          sums[r][j] += row[0] * first;
          if (pair) sums[r][j] += row[1] * second;
        }
      }
    }
    store_tile<kRows>(args, sums);
  }
};

inline void linear_bf16(const LinearArgs& args) { linear_panels<Bf16Tile>(args); }

#endif

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
