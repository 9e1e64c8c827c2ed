// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_pages.h"
#include "engine/ops/cpu/simd/exp.h"
#include "engine/ops/cpu/simd/kv_vectors.h"
#include "engine/ops/cpu/simd/transposed_sum.h"

// Attention in three passes over the pages: scores and their maximum; exponentials and their sums;
// weighted sum of the values. All scores of up to 8 query vectors (8 x context floats) stay in the
// second-level cache, so keys and values are read from memory once each, and the exponential sum
// of a page, which is its attention mass times the total, comes out of the second pass almost for
// free: the pages' vectors are summed horizontally many at a time.
//
// Each score is one chain over the components and each output one chain over the tokens, whatever
// the number of queries in a block: tokens that a row does not see add exact zeros.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

struct AttentionScratch {
  float* weights;        // (query vector, page, token_stride): scores, then exponentials
  float* page_sums;      // (query vector, padded page): sums of exponentials; only with capture
  float* queries;        // (head_dim, query vector), times the scale
  float* sums;           // (query vector, value_stride): weighted sums of the values
  float* masses;         // (head of the group, padded page): mass summed over captured rows
  std::int64_t context;  // floats of one query vector's weights
  std::int64_t padded_pages;
};

/// Query vectors [first, first + count) of the (row, head of the group) order. A block computes
/// kQueries of them; those beyond `count` repeat the last one and are dropped.
struct QueryBlock {
  std::int64_t first;
  std::int64_t count;
  PageRange pages;

  [[nodiscard]] std::int64_t vector(int v) const { return first + (v < count ? v : count - 1); }
};

/// How many pages ahead of its use a page is fetched, when so many vectors of tokens are read side
/// by side: the next ones that are not read now.
inline std::int64_t pages_ahead(const AttentionArgs& args, std::int64_t token_vectors) {
  const std::int64_t stride = args.shape.token_stride;
  return (token_vectors * kLanes + stride - 1) / stride;
}

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

/// Sets the bits of the tokens whose probability reaches a threshold.
inline void mark_tokens(const AttentionArgs& args, const float* weights, const PageRange& pages,
                        float inverse_total) {
  const AttentionCapture& capture = args.capture;
  for (std::int64_t i = 0; i < capture.threshold_count; ++i) {
    std::uint64_t* above = capture.tokens_above + i * capture.above_stride;
    for (std::int64_t p = pages.first; p < pages.end; ++p) {
      const float* page = weights + p * args.shape.token_stride;
      for (std::int64_t t = 0; t < args.shape.page_size; ++t) {
        const bool reaches = page[t] * inverse_total >= capture.thresholds[i] && page[t] > 0.0F;
        above[p] |= static_cast<std::uint64_t>(reaches) << t;
      }
    }
  }
}

/// Adds what one query vector gave to each page.
inline void collect(const AttentionArgs& args, const AttentionScratch& scratch,
                    const QueryBlock& block, int v, float inverse_total, float sink_share) {
  if ((block.first + v) / args.group < args.rows - args.capture.rows) return;
  float* masses = scratch.masses + (block.first + v) % args.group * scratch.padded_pages;
  const float* page_sums = scratch.page_sums + v * scratch.padded_pages;
  for (std::int64_t p = block.pages.first / kLanes * kLanes; p < block.pages.end; p += kLanes) {
    store(masses + p, load(masses + p) + load(page_sums + p) * inverse_total);
  }
  if (args.capture.sink_share != nullptr) *args.capture.sink_share += sink_share;
  if (args.capture.threshold_count > 0) {
    mark_tokens(args, scratch.weights + v * scratch.context, block.pages, inverse_total);
  }
}

template <class Kv, int kQueries, bool kCapture>
void attend(const AttentionArgs& args, const AttentionScratch& scratch, QueryBlock block) {
  block.pages =
      pages_of_rows(args, block.first / args.group, (block.first + block.count - 1) / args.group);
  gather_queries<kQueries>(args, block, scratch.queries);
  Vec largest_score[kQueries];
  score_pages<Kv, kQueries>(args, scratch, block, largest_score);
  float inverse_totals[kQueries];
  for (int v = 0; v < kQueries; ++v) {
    float* weights = scratch.weights + v * scratch.context;
    float* page_sums = scratch.page_sums + v * scratch.padded_pages;
    float shift = largest(largest_score[v]);
    float sink = 0.0F;
    if (args.sinks != nullptr) {
      const float logit = args.sinks[block.vector(v) % args.group];
      shift = shift > logit ? shift : logit;
      sink = exp(splat(logit - shift))[0];
    }
    const float total = exponentiate<kCapture>(args, weights, page_sums, block.pages, shift);
    inverse_totals[v] = 1.0F / (total + sink);
    if constexpr (kCapture) {
      if (v < block.count) {
        collect(args, scratch, block, v, inverse_totals[v], sink * inverse_totals[v]);
      }
    }
  }
  mix_values<Kv, kQueries>(args, scratch, block);
  for (int v = 0; v < block.count; ++v) write_output(args, scratch, block, v, inverse_totals[v]);
}

template <class Kv, bool kCapture>
void attend_block(const AttentionArgs& args, const AttentionScratch& scratch,
                  const QueryBlock& block) {
  if (block.count > 4) return attend<Kv, 8, kCapture>(args, scratch, block);
  if (block.count > 2) return attend<Kv, 4, kCapture>(args, scratch, block);
  if (block.count > 1) return attend<Kv, 2, kCapture>(args, scratch, block);
  return attend<Kv, 1, kCapture>(args, scratch, block);
}

/// Mean and maximum over the heads of the group of the masses averaged over the captured rows.
inline void reduce_heads(const AttentionArgs& args, const AttentionScratch& scratch) {
  const AttentionCapture& capture = args.capture;
  const float per_row = 1.0F / static_cast<float>(capture.rows);
  const float per_head = 1.0F / static_cast<float>(args.group);
  for (std::int64_t p = 0; p < args.page_count; p += kLanes) {
    Vec total{};
    Vec most{};
    for (std::int64_t head = 0; head < args.group; ++head) {
      const Vec mass = load(scratch.masses + head * scratch.padded_pages + p) * per_row;
      total += mass;
      most = max(most, mass);
      if (capture.head_mass != nullptr) {
        store_first(capture.head_mass + head * capture.head_stride + p, mass, args.page_count - p);
      }
    }
    store_first(capture.mean + p, total * per_head, args.page_count - p);
    store_first(capture.max + p, most, args.page_count - p);
  }
  if (capture.sink_share != nullptr) *capture.sink_share *= per_row * per_head;
}

inline AttentionScratch divide_scratch(const AttentionArgs& args) {
  AttentionScratch scratch;
  scratch.context = args.page_count * args.shape.token_stride;
  scratch.padded_pages = (args.page_count + 15) / 16 * 16;
  scratch.weights = args.scratch;
  scratch.page_sums = scratch.weights + kMostQueries * scratch.context;
  scratch.queries = scratch.page_sums + kMostQueries * scratch.padded_pages;
  scratch.sums = scratch.queries + kMostQueries * args.shape.head_dim;
  scratch.masses = scratch.sums + kMostQueries * args.shape.value_stride;
  return scratch;
}

inline void clear_capture(const AttentionArgs& args, const AttentionScratch& scratch) {
  const AttentionCapture& capture = args.capture;
  for (std::int64_t i = 0; i < args.group * scratch.padded_pages; ++i) scratch.masses[i] = 0.0F;
  if (capture.sink_share != nullptr) *capture.sink_share = 0.0F;
  for (std::int64_t i = 0; i < capture.threshold_count; ++i) {
    std::uint64_t* above = capture.tokens_above + i * capture.above_stride;
    for (std::int64_t p = 0; p < args.page_count; ++p) above[p] = 0;
  }
}

template <class Kv, bool kCapture>
void attention_of(const AttentionArgs& args) {
  const AttentionScratch scratch = divide_scratch(args);
  if constexpr (kCapture) clear_capture(args, scratch);
  const std::int64_t vectors = args.rows * args.group;
  for (std::int64_t first = 0; first < vectors; first += kMostQueries) {
    const std::int64_t left = vectors - first;
    const std::int64_t count = left < kMostQueries ? left : kMostQueries;
    attend_block<Kv, kCapture>(args, scratch, {.first = first, .count = count, .pages = {}});
  }
  if constexpr (kCapture) reduce_heads(args, scratch);
}

template <bool kCapture>
void attention(const AttentionArgs& args) {
  switch (args.shape.type) {
    case KvType::f32:
      return attention_of<F32Kv, kCapture>(args);
    case KvType::bf16:
      return attention_of<Bf16Kv, kCapture>(args);
    case KvType::int8:
      return attention_of<Int8Kv, kCapture>(args);
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
