// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/simd/linear_tiles.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

#if defined(PQ_BF16_DOT)

inline __m512bh as_bf16(__m512i bits) { return reinterpret_cast<const __m512bh&>(bits); }

/// x in pairs of bf16. A dot product adds the pair's two products to an f32 sum.
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
    for (std::int64_t k = 0; k < pairs; ++k) {
      __m512i weights[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) {
        weights[j] = _mm512_loadu_si512(panel + (k * kPanelColumns + j * kLanes) * 4);
      }
      for (int r = 0; r < kRows; ++r) {
        const __m512bh input = as_bf16(_mm512_set1_epi32(x[r * args.x_stride + k]));
        for (int j = 0; j < kTileVectors; ++j) {
          sums[r][j] = _mm512_dpbf16_ps(sums[r][j], as_bf16(weights[j]), input);
        }
      }
    }
    Vec out[kRows][kTileVectors];
    for (int r = 0; r < kRows; ++r) {
      for (int j = 0; j < kTileVectors; ++j) out[r][j] = reinterpret_cast<const Vec&>(sums[r][j]);
    }
    store_tile<kRows>(args, out);
  }
};

/// Rounds a row to bf16, to nearest even; whole vectors, zeros behind the end.
inline void round_row(const float* x, std::int64_t count, std::byte* out) {
  for (std::int64_t k = 0; k < count; k += 16) {
    const __mmask16 mask =
        count - k >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << (count - k)) - 1U);
    const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + k));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + k * 2),
                        reinterpret_cast<const __m256i&>(rounded));
  }
}

inline void linear_bf16(const LinearArgs& args) {
  const std::int64_t stride = (args.inputs + 31) / 32 * 16;  // pairs
  auto* rounded = reinterpret_cast<std::byte*>(args.scratch);
  for (std::int64_t first = 0; first < args.rows; first += kLinearRows) {
    const std::int64_t rows = args.rows - first < kLinearRows ? args.rows - first : kLinearRows;
    for (std::int64_t r = 0; r < rows; ++r) {
      round_row(args.x + (first + r) * args.x_stride, args.inputs, rounded + r * stride * 4);
    }
    for_tiles<Bf16Tile>(args, rounded, stride, 4, rows, args.y + first * args.y_stride);
  }
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
