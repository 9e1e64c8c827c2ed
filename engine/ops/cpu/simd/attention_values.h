// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_scratch.h"
#include "engine/ops/cpu/simd/kv_vectors.h"

// The third pass of attention.h: the weighted sum of the values.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// How many tokens ahead of their use values are fetched, at least a page.
inline constexpr std::int64_t kTokensAhead = 32;

/// Adds the values of pages [pages.first, pages.end) to components [d, d + kVectors * kLanes) of
/// the sums.
template <class Kv, int kQueries, int kVectors>
void mix_pages(const AttentionArgs& args, const AttentionScratch& scratch, const PageRange& pages,
               std::int64_t last, std::int64_t d) {
  const std::int64_t stride = args.shape.value_stride * Kv::kWidth * Kv::kBytes;
  const std::int64_t offset = args.shape.values_offset + d * Kv::kWidth * Kv::kBytes;
  Vec sums[kQueries][kVectors];
  for (int v = 0; v < kQueries; ++v) {
    for (int j = 0; j < kVectors; ++j) {
      sums[v][j] = load(scratch.sums + v * args.shape.value_stride + d + j * kLanes);
    }
  }
  const std::int64_t ahead = pages_ahead(args, kTokensAhead / kLanes);
  for (std::int64_t p = pages.first; p < pages.end; ++p) {
    const std::byte* values = block_of(args, p) + offset;
    const std::byte* next = block_of(args, p + ahead <= last ? p + ahead : last) + offset;
    const float* weights = scratch.weights + p * args.shape.token_stride;
    for (std::int64_t t = 0; t < args.shape.page_size; t += Kv::kWidth) {
      const std::int64_t at = t / Kv::kWidth * stride;
      for (int j = 0; j < kVectors; ++j) {
        const std::int64_t lanes = at + j * kLanes * Kv::kWidth * Kv::kBytes;
        __builtin_prefetch(next + lanes);
        const auto value = Kv::of(load_as<typename Kv::Stored>(values + lanes));
        for (int v = 0; v < kQueries; ++v) {
          Kv::add(sums[v][j], value, weights + v * scratch.context + t, 1);
        }
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
    if (stride < kLanes) {
      for (std::int64_t t = 0; t < stride; ++t) weights[t] *= scales[t];
      continue;
    }
    for (std::int64_t t = 0; t < stride; t += kLanes) {
      store(weights + t, load(weights + t) * load(scales + t));
    }
  }
}

/// Adds the values of pages to components [d, value_stride) of the sums, kVectors vectors at a time
/// while there are so many, then fewer.
template <class Kv, int kQueries, int kVectors>
void mix_components(const AttentionArgs& args, const AttentionScratch& scratch,
                    const PageRange& pages, std::int64_t last, std::int64_t d) {
  for (; d + kVectors * kLanes <= args.shape.value_stride; d += kVectors * kLanes) {
    mix_pages<Kv, kQueries, kVectors>(args, scratch, pages, last, d);
  }
  if constexpr (kVectors > 1) {
    mix_components<Kv, kQueries, kVectors / 2>(args, scratch, pages, last, d);
  }
}

/// Pages of so many tokens are worth a pass of their own over the sums.
inline constexpr std::int64_t kMixedTokens = 16;

template <class Kv, int kQueries>
void mix_values(const AttentionArgs& args, const AttentionScratch& scratch,
                const QueryBlock& block) {
  constexpr int kSums = kVectorRegisters / 2;  // the rest is for values and weights
  constexpr int kFit = kSums / kQueries;
  constexpr int kVectors = kFit >= 8 ? 8 : kFit >= 4 ? 4 : kFit >= 2 ? 2 : 1;
  const std::int64_t width = args.shape.value_stride;
  for (std::int64_t i = 0; i < kQueries * width; i += kLanes) store(scratch.sums + i, Vec{});
  // Small pages are taken together, so that the sums stay in registers; a large one is read whole.
  const std::int64_t run = args.shape.token_stride < kMixedTokens ? block.pages.end : 1;
  for (std::int64_t p = block.pages.first; p < block.pages.end; p += run) {
    const PageRange pages{p, p + run < block.pages.end ? p + run : block.pages.end};
    if constexpr (Kv::kScaled) {
      for (std::int64_t i = p; i < pages.end; ++i) scale_weights<kQueries>(args, scratch, i);
    }
    mix_components<Kv, kQueries, kVectors>(args, scratch, pages, block.pages.end - 1, 0);
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
