// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_scratch.h"
#include "engine/ops/cpu/simd/kv_vectors.h"

// The third pass of attention.h: the weighted sum of the values.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Adds a page's values to components [d, d + kVectors * kLanes) of the sums.
template <class Kv, int kQueries, int kVectors>
void mix_page(const AttentionArgs& args, const AttentionScratch& scratch, const float* weights,
              const std::byte* values, const std::byte* next, std::int64_t d) {
  const std::int64_t stride = args.shape.value_stride * Kv::kWidth * Kv::kBytes;
  const std::int64_t offset = d * Kv::kWidth * Kv::kBytes;
  Vec sums[kQueries][kVectors];
  for (int v = 0; v < kQueries; ++v) {
    for (int j = 0; j < kVectors; ++j) {
      sums[v][j] = load(scratch.sums + v * args.shape.value_stride + d + j * kLanes);
    }
  }
  for (std::int64_t t = 0; t < args.shape.page_size; t += Kv::kWidth) {
    const std::int64_t at = t / Kv::kWidth * stride + offset;
    for (int j = 0; j < kVectors; ++j) {
      const std::int64_t lanes = at + j * kLanes * Kv::kWidth * Kv::kBytes;
      __builtin_prefetch(next + lanes);
      const typename Kv::Vectors value = Kv::load(values + lanes);
      for (int v = 0; v < kQueries; ++v) {
        Kv::add(sums[v][j], value, weights + v * scratch.context + t, 1);
      }
    }
  }
  for (int v = 0; v < kQueries; ++v) {
    for (int j = 0; j < kVectors; ++j) {
      store(scratch.sums + v * args.shape.value_stride + d + j * kLanes, sums[v][j]);
    }
  }
}

/// The weights of a page times the scales of its values.
template <int kQueries>
void scale_weights(const AttentionArgs& args, const AttentionScratch& scratch, std::int64_t page) {
  const std::int64_t stride = args.shape.token_stride;
  const auto* scales =
      reinterpret_cast<const float*>(block_of(args, page) + args.shape.scales_offset) + stride;
  for (int v = 0; v < kQueries; ++v) {
    float* weights = scratch.weights + v * scratch.context + page * stride;
    for (std::int64_t t = 0; t < stride; t += kLanes) {
      store(weights + t, load(weights + t) * load(scales + t));
    }
  }
}

template <class Kv, int kQueries>
void mix_values(const AttentionArgs& args, const AttentionScratch& scratch,
                const QueryBlock& block) {
  constexpr int kSums = kVectorRegisters / 2;  // the rest is for values and weights
  constexpr int kFit = kSums / kQueries;
  constexpr int kVectors = kFit >= 8 ? 8 : kFit >= 4 ? 4 : kFit >= 2 ? 2 : 1;
  const std::int64_t width = args.shape.value_stride;
  for (std::int64_t i = 0; i < kQueries * width; i += kLanes) store(scratch.sums + i, Vec{});
  for (std::int64_t p = block.pages.first; p < block.pages.end; ++p) {
    const std::int64_t ahead = p + 1 < block.pages.end ? p + 1 : p;
    const std::byte* values = block_of(args, p) + args.shape.values_offset;
    const std::byte* next = block_of(args, ahead) + args.shape.values_offset;
    if constexpr (Kv::kScaled) scale_weights<kQueries>(args, scratch, p);
    const float* weights = scratch.weights + p * args.shape.token_stride;
    std::int64_t d = 0;
    for (; d + kVectors * kLanes <= width; d += kVectors * kLanes) {
      mix_page<Kv, kQueries, kVectors>(args, scratch, weights, values, next, d);
    }
    for (; d < width; d += kLanes) {
      mix_page<Kv, kQueries, 1>(args, scratch, weights, values, next, d);
    }
  }
}

inline void write_output(const AttentionArgs& args, const AttentionScratch& scratch,
                         const QueryBlock& block, int v, float inverse_total) {
  const std::int64_t head_dim = args.shape.head_dim;
  const std::int64_t row = (block.first + v) / args.group;
  float* out = args.out + row * args.out_stride + (block.first + v) % args.group * head_dim;
  const float* sums = scratch.sums + v * args.shape.value_stride;
  for (std::int64_t d = 0; d < head_dim; d += kLanes) {
    store_first(out + d, load(sums + d) * inverse_total, head_dim - d);
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
