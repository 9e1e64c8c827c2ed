// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_scratch.h"
#include "engine/ops/cpu/simd/exp.h"
#include "engine/ops/cpu/simd/kv_vectors.h"
#include "engine/ops/cpu/simd/transposed_sum.h"

// The first two passes of attention.h: scores and their maximum, exponentials and their sums.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

template <int kQueries>
void gather_queries(const AttentionArgs& args, const QueryBlock& block, float* out) {
  const std::int64_t head_dim = args.shape.head_dim;
  for (int v = 0; v < kQueries; ++v) {
    const std::int64_t row = block.vector(v) / args.group;
    const std::int64_t head = block.vector(v) % args.group;
    const float* query = args.queries + row * args.query_stride + head * head_dim;
    for (std::int64_t d = 0; d < head_dim; ++d) out[d * kQueries + v] = query[d] * args.scale;
  }
}

/// Token vectors whose scores are computed side by side: few queries take several, to have enough
/// independent sums in flight.
template <int kQueries>
inline constexpr int kTokenVectors = kQueries <= 2   ? 4
                                     : kQueries <= 4 ? 2
                                                     : 1;

/// Dot products of the queries with the keys of kVectors vectors of tokens, kLanes each.
template <class Kv, int kQueries, int kVectors>
void dot_keys(const AttentionArgs& args, const float* queries, const std::byte* const* keys,
              const std::byte* const* next, Vec (&out)[kVectors][kQueries]) {
  const std::int64_t stride = args.shape.token_stride * Kv::kWidth * Kv::kBytes;
  Vec sums[kVectors][kQueries]{};
  for (std::int64_t d = 0; d < args.shape.head_dim; d += Kv::kWidth) {
    const std::int64_t at = d / Kv::kWidth * stride;
    for (int u = 0; u < kVectors; ++u) {
      __builtin_prefetch(next[u] + at);
      const typename Kv::Vectors key = Kv::load(keys[u] + at);
      for (int v = 0; v < kQueries; ++v) {
        Kv::add(sums[u][v], key, queries + d * kQueries + v, kQueries);
      }
    }
  }
  for (int u = 0; u < kVectors; ++u) {
    for (int v = 0; v < kQueries; ++v) out[u][v] = sums[u][v];
  }
}

/// Lanes of a token vector that a row sees keep their score, the others get -infinity.
inline Vec mask_scores(Vec scores, std::uint64_t visible) {
  constexpr std::uint64_t kAllLanes = (1ULL << kLanes) - 1;
  const std::uint64_t mask = visible & kAllLanes;
  if (mask == kAllLanes) return scores;
  const IntVec bits = (static_cast<std::int32_t>(mask) >> lane_numbers()) & 1;
  return bits != 0 ? scores : splat(-__builtin_inff());
}

/// Walks over the vectors of tokens of a range of pages.
struct TokenCursor {
  std::int64_t page;
  std::int64_t token;

  void advance(const AttentionArgs& args) {
    token += kLanes;
    if (token < args.shape.token_stride) return;
    token = 0;
    ++page;
  }
};

template <class Kv, int kQueries, int kVectors>
void score_vectors(const AttentionArgs& args, const AttentionScratch& scratch,
                   const QueryBlock& block, TokenCursor& cursor, Vec (&largest_score)[kQueries]) {
  const std::byte* keys[kVectors];
  const std::byte* next[kVectors];
  TokenCursor places[kVectors];
  const std::int64_t distance = pages_ahead(args, kVectors);
  for (int u = 0; u < kVectors; ++u) {
    places[u] = cursor;
    const std::int64_t ahead = cursor.page + distance;
    const std::int64_t offset = cursor.token * Kv::kWidth * Kv::kBytes;
    keys[u] = block_of(args, cursor.page) + offset;
    next[u] = block_of(args, ahead < block.pages.end ? ahead : cursor.page) + offset;
    cursor.advance(args);
  }
  Vec scores[kVectors][kQueries];
  dot_keys<Kv, kQueries, kVectors>(args, scratch.queries, keys, next, scores);
  for (int u = 0; u < kVectors; ++u) {
    const AttendedPage& page = args.pages[places[u].page];
    const std::int64_t at = places[u].page * args.shape.token_stride + places[u].token;
    Vec scale = splat(1.0F);
    if constexpr (Kv::kScaled) {
      const auto* scales =
          reinterpret_cast<const float*>(block_of(args, places[u].page) + args.shape.scales_offset);
      scale = load(scales + places[u].token);
    }
    for (int v = 0; v < kQueries; ++v) {
      const std::int64_t position = args.first_position + block.vector(v) / args.group;
      const std::uint64_t visible = visible_tokens(args, page, position) >> places[u].token;
      if constexpr (Kv::kScaled) scores[u][v] *= scale;
      const Vec score = mask_scores(scores[u][v], visible);
      largest_score[v] = max(largest_score[v], score);
      store(scratch.weights + v * scratch.context + at, score);
    }
  }
}

template <class Kv, int kQueries>
void score_pages(const AttentionArgs& args, const AttentionScratch& scratch,
                 const QueryBlock& block, Vec (&largest_score)[kQueries]) {
  constexpr int kVectors = kTokenVectors<kQueries>;
  for (int v = 0; v < kQueries; ++v) largest_score[v] = splat(-__builtin_inff());
  const std::int64_t vectors_in_page = args.shape.token_stride / kLanes;
  std::int64_t left = (block.pages.end - block.pages.first) * vectors_in_page;
  TokenCursor cursor{block.pages.first, 0};
  for (; left >= kVectors; left -= kVectors) {
    score_vectors<Kv, kQueries, kVectors>(args, scratch, block, cursor, largest_score);
  }
  for (; left > 0; --left) {
    score_vectors<Kv, kQueries, 1>(args, scratch, block, cursor, largest_score);
  }
}

/// Turns one query's scores into exponentials; returns their sum. The total is summed the same way
/// with and without capture.
template <bool kCapture>
float exponentiate(const AttentionArgs& args, float* weights, float* page_sums,
                   const PageRange& pages, float shift) {
  const std::int64_t stride = args.shape.token_stride;
  Vec total{};
  Vec page_totals[kLanes]{};
  for (std::int64_t p = pages.first; p < pages.end; ++p) {
    Vec page_total{};
    for (std::int64_t t = 0; t < stride; t += kLanes) {
      float* at = weights + p * stride + t;
      const Vec e = exp(load(at) - shift);
      store(at, e);
      page_total += e;
    }
    total += page_total;
    if constexpr (kCapture) {
      page_totals[p % kLanes] = page_total;
      if (p % kLanes == kLanes - 1 || p + 1 == pages.end) {
        store(page_sums + p / kLanes * kLanes, transposed_sum(page_totals));
        for (Vec& sum : page_totals) sum = Vec{};
      }
    }
  }
  return sum(total);
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
