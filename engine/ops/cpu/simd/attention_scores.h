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

/// Where the tokens of one vector lie: kPages pages, an equal part of the vector each.
template <int kPages>
struct TokenVector {
  const std::byte* blocks[kPages];
  std::int64_t page;
  std::int64_t token;

  /// Fetches the keys of the vector in as many steps as it takes to read them; each reads `stride`
  /// bytes of a page.
  void prefetch(std::int64_t step, std::int64_t stride, std::int64_t token_bytes) const {
    const std::int64_t at = step / kPages * kPages * stride + token * token_bytes;
    __builtin_prefetch(blocks[step % kPages] + at);
  }
};

/// Dot products of the queries with the keys of kVectors vectors of tokens.
template <class Kv, int kQueries, int kVectors, int kPages>
void dot_keys(const AttentionArgs& args, const float* queries,
              const TokenVector<kPages> (&tokens)[kVectors],
              const TokenVector<kPages> (&next)[kVectors], Vec (&out)[kVectors][kQueries]) {
  constexpr std::int64_t kTokenBytes = Kv::kWidth * Kv::kBytes;
  const std::int64_t stride = args.shape.token_stride * kTokenBytes;
  Vec sums[kVectors][kQueries]{};
  for (std::int64_t d = 0; d < args.shape.head_dim; d += Kv::kWidth) {
    const std::int64_t at = d / Kv::kWidth * stride;
    for (int u = 0; u < kVectors; ++u) {
      next[u].prefetch(d / Kv::kWidth, stride, kTokenBytes);
      const typename Kv::Vectors key = Kv::of(
          join_parts<typename Kv::Stored>(tokens[u].blocks, at + tokens[u].token * kTokenBytes));
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

  /// Returns the vector that it points to. Behind the last page the vector repeats that page.
  template <int kPages>
  TokenVector<kPages> next(const AttentionArgs& args, const PageRange& pages) {
    TokenVector<kPages> vector{.blocks = {}, .page = page, .token = token};
    for (int i = 0; i < kPages; ++i) {
      vector.blocks[i] = block_of(args, page + i < pages.end ? page + i : pages.end - 1);
    }
    token += kLanes;
    if (token >= args.shape.token_stride) {
      token = 0;
      page += kPages;
    }
    return vector;
  }
};

/// Bit i: the row at `position` sees the token of lane i, which is to be scored.
template <int kPages>
std::uint64_t visible_lanes(const AttentionArgs& args, const QueryBlock& block,
                            const TokenVector<kPages>& tokens, std::int64_t position) {
  std::uint64_t lanes = 0;
  for (int i = 0; i < kPages && tokens.page + i < block.pages.end; ++i) {
    if (tokens.page + i < block.first_scored) continue;
    const std::uint64_t seen = visible_tokens(args, args.pages[tokens.page + i], position);
    lanes |= (seen & block.rows) >> tokens.token << i * (kLanes / kPages);
  }
  return lanes;
}

/// Scales of the keys of a vector's tokens.
template <int kPages>
Vec key_scales(const AttentionArgs& args, const TokenVector<kPages>& tokens) {
  return join_parts<Vec>(tokens.blocks,
                         args.shape.scales_offset + tokens.token * std::int64_t{sizeof(float)});
}

template <class Kv, int kQueries, int kVectors, int kPages>
void score_vectors(const AttentionArgs& args, const AttentionScratch& scratch,
                   const QueryBlock& block, TokenCursor& cursor, Vec (&largest_score)[kQueries]) {
  TokenVector<kPages> tokens[kVectors];
  TokenVector<kPages> next[kVectors];
  const std::int64_t distance = pages_ahead(args, kVectors);
  for (int u = 0; u < kVectors; ++u) {
    next[u] = TokenCursor{cursor.page + distance, cursor.token}.next<kPages>(args, block.pages);
    tokens[u] = cursor.next<kPages>(args, block.pages);
  }
  Vec scores[kVectors][kQueries];
  dot_keys<Kv, kQueries, kVectors>(args, scratch.queries, tokens, next, scores);
  for (int u = 0; u < kVectors; ++u) {
    const std::int64_t at = tokens[u].page * args.shape.token_stride + tokens[u].token;
    Vec scale = splat(1.0F);
    if constexpr (Kv::kScaled) scale = key_scales(args, tokens[u]);
    for (int v = 0; v < kQueries; ++v) {
      const std::int64_t position = args.first_position + block.vector(v) / args.group;
      const std::uint64_t visible = visible_lanes(args, block, tokens[u], position);
      if constexpr (Kv::kScaled) scores[u][v] *= scale;
      Vec score = mask_scores(scores[u][v], visible);
      float* place = scratch.weights + v * scratch.context + at;
      if (block.joins) score = max(score, load(place));
      largest_score[v] = max(largest_score[v], score);
      store(place, score);
    }
  }
}

template <class Kv, int kQueries, int kPages>
void score_range(const AttentionArgs& args, const AttentionScratch& scratch,
                 const QueryBlock& block, Vec (&largest_score)[kQueries]) {
  constexpr int kVectors = kTokenVectors<kQueries>;
  std::int64_t left = (block.pages.end - block.pages.first) * args.shape.token_stride;
  TokenCursor cursor{block.pages.first, 0};
  for (; left > (kVectors - 1) * kLanes; left -= kVectors * kLanes) {
    score_vectors<Kv, kQueries, kVectors, kPages>(args, scratch, block, cursor, largest_score);
  }
  for (; left > 0; left -= kLanes) {
    score_vectors<Kv, kQueries, 1, kPages>(args, scratch, block, cursor, largest_score);
  }
}

/// Raises `largest_score` to the largest one that it finds. Also writes the scores of the vector's
/// pages behind the range: -infinity.
template <class Kv, int kQueries>
void score_pages(const AttentionArgs& args, const AttentionScratch& scratch,
                 const QueryBlock& block, Vec (&largest_score)[kQueries]) {
  if constexpr (kLanes >= 16) {
    if (args.shape.token_stride == kLanes / 4) {
      return score_range<Kv, kQueries, 4>(args, scratch, block, largest_score);
    }
  }
  if constexpr (kLanes >= 8) {
    if (args.shape.token_stride == kLanes / 2) {
      return score_range<Kv, kQueries, 2>(args, scratch, block, largest_score);
    }
  }
  score_range<Kv, kQueries, 1>(args, scratch, block, largest_score);
}

/// Sums of the parts of a vector, one of each of the kPages pages that share it.
template <int kPages>
void store_part_sums(Vec e, float* sums) {
  constexpr int kPart = PQ_LANES / kPages;
  for (int i = 0; i < kPages; ++i) {
    float sum = 0.0F;
    for (int t = 0; t < kPart; ++t) sum += e[i * kPart + t];
    sums[i] = sum;
  }
}

/// Zeros for the pages outside of the range whose sums share a vector with one of the range.
inline void clear_neighbours(float* page_sums, const PageRange& pages) {
  store(page_sums + pages.first / kLanes * kLanes, Vec{});
  store(page_sums + (pages.end - 1) / kLanes * kLanes, Vec{});
}

/// exponentiate() for pages that share vectors.
template <bool kCapture, int kPages>
float exponentiate_parts(const AttentionArgs& args, float* weights, float* page_sums,
                         const PageRange& pages, float shift) {
  Vec total{};
  if constexpr (kCapture) clear_neighbours(page_sums, pages);
  for (std::int64_t p = pages.first; p < pages.end; p += kPages) {
    float* at = weights + p * args.shape.token_stride;
    const Vec e = exp(load(at) - shift);
    store(at, e);
    total += e;
    if constexpr (kCapture) store_part_sums<kPages>(e, page_sums + p);
  }
  return sum(total);
}

/// exponentiate() for pages of whole vectors.
template <bool kCapture>
float exponentiate_pages(const AttentionArgs& args, float* weights, float* page_sums,
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

/// Turns one query's scores into exponentials; returns their sum. The total is summed the same way
/// with and without capture.
template <bool kCapture>
float exponentiate(const AttentionArgs& args, float* weights, float* page_sums,
                   const PageRange& pages, float shift) {
  const std::int64_t stride = args.shape.token_stride;
  if constexpr (kLanes >= 16) {
    if (stride == kLanes / 4)
      return exponentiate_parts<kCapture, 4>(args, weights, page_sums, pages, shift);
  }
  if constexpr (kLanes >= 8) {
    if (stride == kLanes / 2)
      return exponentiate_parts<kCapture, 2>(args, weights, page_sums, pages, shift);
  }
  return exponentiate_pages<kCapture>(args, weights, page_sums, pages, shift);
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
