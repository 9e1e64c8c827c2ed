// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/exp.h"
#include "engine/ops/cpu/simd/transposed_sum.h"

// Attention in three passes over the pages: scores and their maximum; exponentials and their sums;
// weighted sum of the values. All scores of up to 8 query vectors (8 x context floats) stay in the
// second-level cache, so keys and values are read from memory once each, and the exponential sum
// of a page, which is its attention mass times the total, comes out of the second pass almost for
// free: the pages' vectors are summed horizontally many at a time.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

struct AttentionScratch {
  float* weights;    // (query vector, page, token_stride): scores, then exponentials
  float* page_sums;  // (query vector, padded page): sums of exponentials; only with capture
  float* queries;    // (head_dim, query vector), times the scale
  float* masses;     // (head of the group, padded page): mass summed over captured rows
  std::int64_t padded_pages;
};

/// Bit i: row position `position` may see the token at page.first_position + i.
inline std::uint64_t visible_tokens(const AttendedPage& page, std::int64_t position) {
  const std::int64_t last = position - page.first_position;
  if (last < 0) return 0;
  return last >= 63 ? page.live : page.live & ((2ULL << last) - 1);
}

/// Pages that the row at `position` can see are the first ones.
inline std::int64_t pages_up_to(const AttentionArgs& args, std::int64_t position) {
  std::int64_t count = args.page_count;
  while (count > 0 && args.pages[count - 1].first_position > position) --count;
  return count;
}

/// How many pages ahead of its use a page is fetched: far enough to hide the memory's latency, near
/// enough to stay in the first-level cache.
inline constexpr std::int64_t kPagesAhead = 2;

inline const float* block_of(const AttentionArgs& args, std::int64_t page) {
  return args.kv + args.pages[page].physical * args.page_stride;
}

template <int kQueries>
void gather_queries(const AttentionArgs& args, std::int64_t first, float* out) {
  for (int v = 0; v < kQueries; ++v) {
    const std::int64_t row = (first + v) / args.group;
    const std::int64_t head = (first + v) % args.group;
    const float* query = args.queries + row * args.query_stride + head * args.head_dim;
    for (std::int64_t d = 0; d < args.head_dim; ++d) out[d * kQueries + v] = query[d] * args.scale;
  }
}

/// Dot products of the queries with kLanes keys. Few queries take several components at once, to
/// have enough independent sums in flight.
template <int kQueries>
void dot_keys(const AttentionArgs& args, const float* queries, const float* keys,
              const float* next_keys, Vec (&out)[kQueries]) {
  constexpr int kUnroll = kQueries <= 2 ? 4 : kQueries <= 4 ? 2 : 1;
  Vec sums[kUnroll][kQueries]{};
  for (std::int64_t d = 0; d < args.head_dim; d += kUnroll) {
    for (int u = 0; u < kUnroll; ++u) {
      __builtin_prefetch(next_keys + (d + u) * args.token_stride);
      const Vec key = load(keys + (d + u) * args.token_stride);
      for (int v = 0; v < kQueries; ++v) sums[u][v] += queries[(d + u) * kQueries + v] * key;
    }
  }
  for (int v = 0; v < kQueries; ++v) {
    out[v] = sums[0][v];
    for (int u = 1; u < kUnroll; ++u) out[v] += sums[u][v];
  }
}

template <int kQueries>
void score_pages(const AttentionArgs& args, const AttentionScratch& scratch, std::int64_t first,
                 std::int64_t pages, Vec (&largest_score)[kQueries]) {
  constexpr std::uint64_t kAllLanes = (1ULL << kLanes) - 1;
  constexpr float kNever = -__builtin_inff();
  const IntVec lanes = lane_numbers();
  const std::int64_t context = args.page_count * args.token_stride;
  for (int v = 0; v < kQueries; ++v) largest_score[v] = splat(kNever);
  for (std::int64_t p = 0; p < pages; ++p) {
    const float* keys = block_of(args, p);
    const float* next = block_of(args, p + kPagesAhead < pages ? p + kPagesAhead : p);
    std::uint64_t visible[kQueries];
    for (int v = 0; v < kQueries; ++v) {
      visible[v] = visible_tokens(args.pages[p], args.first_position + (first + v) / args.group);
    }
    for (std::int64_t t = 0; t < args.token_stride; t += kLanes) {
      Vec scores[kQueries];
      dot_keys<kQueries>(args, scratch.queries, keys + t, next + t, scores);
      for (int v = 0; v < kQueries; ++v) {
        const std::uint64_t mask = (visible[v] >> t) & kAllLanes;
        if (mask != kAllLanes) {
          const IntVec bits = (static_cast<std::int32_t>(mask) >> lanes) & 1;
          scores[v] = bits != 0 ? scores[v] : splat(kNever);
        }
        largest_score[v] = max(largest_score[v], scores[v]);
        store(scratch.weights + v * context + p * args.token_stride + t, scores[v]);
      }
    }
  }
}

/// Turns one query's scores into exponentials; returns their sum. The total is summed the same way
/// with and without capture.
template <bool kCapture>
float exponentiate(const AttentionArgs& args, float* weights, float* page_sums, std::int64_t pages,
                   float shift) {
  Vec total{};
  Vec page_totals[kLanes];
  for (std::int64_t p = 0; p < pages; ++p) {
    Vec page_total{};
    for (std::int64_t t = 0; t < args.token_stride; t += kLanes) {
      float* at = weights + p * args.token_stride + t;
      const Vec e = exp(load(at) - shift);
      store(at, e);
      page_total += e;
    }
    total += page_total;
    if constexpr (kCapture) {
      page_totals[p % kLanes] = page_total;
      if (p % kLanes == kLanes - 1) store(page_sums + p + 1 - kLanes, transposed_sum(page_totals));
    }
  }
  if constexpr (kCapture) {
    const std::int64_t rest = pages % kLanes;
    for (std::int64_t i = rest; i < kLanes; ++i) page_totals[i] = Vec{};
    if (rest > 0) store(page_sums + pages - rest, transposed_sum(page_totals));
  }
  return sum(total);
}

/// Components [d, d + kVectors * kLanes) of the outputs.
template <int kQueries, int kVectors>
void mix_components(const AttentionArgs& args, const float* weights, std::int64_t first,
                    std::int64_t pages, const float* inverse_totals, std::int64_t d) {
  const std::int64_t context = args.page_count * args.token_stride;
  const std::int64_t values_offset = args.head_dim * args.token_stride;
  Vec sums[kQueries][kVectors]{};
  for (std::int64_t p = 0; p < pages; ++p) {
    const float* values = block_of(args, p) + values_offset + d;
    const float* next =
        block_of(args, p + kPagesAhead < pages ? p + kPagesAhead : p) + values_offset + d;
    const float* weight = weights + p * args.token_stride;
    for (std::int64_t t = 0; t < args.page_size; ++t) {
      Vec value[kVectors];
      for (int j = 0; j < kVectors; ++j) {
        __builtin_prefetch(next + t * args.value_stride + j * kLanes);
        value[j] = load(values + t * args.value_stride + j * kLanes);
      }
      for (int v = 0; v < kQueries; ++v) {
        for (int j = 0; j < kVectors; ++j) sums[v][j] += weight[v * context + t] * value[j];
      }
    }
  }
  for (int v = 0; v < kQueries; ++v) {
    const std::int64_t row = (first + v) / args.group;
    float* out = args.out + row * args.out_stride + (first + v) % args.group * args.head_dim;
    for (int j = 0; j < kVectors; ++j) {
      const std::int64_t at = d + j * kLanes;
      store_first(out + at, sums[v][j] * inverse_totals[v], args.head_dim - at);
    }
  }
}

template <int kQueries>
void mix_values(const AttentionArgs& args, const float* weights, std::int64_t first,
                std::int64_t pages, const float* inverse_totals) {
  constexpr int kSums = kVectorRegisters / 2;  // the rest is for values and weights
  constexpr int kVectors = kQueries * 4 <= kSums ? 4 : kQueries * 2 <= kSums ? 2 : 1;
  std::int64_t d = 0;
  for (; d + kVectors * kLanes <= args.value_stride; d += kVectors * kLanes) {
    mix_components<kQueries, kVectors>(args, weights, first, pages, inverse_totals, d);
  }
  for (; d < args.value_stride; d += kLanes) {
    mix_components<kQueries, 1>(args, weights, first, pages, inverse_totals, d);
  }
}

/// Query vectors [first, first + kQueries) of the (row, head of the group) order.
template <int kQueries, bool kCapture>
void attend(const AttentionArgs& args, const AttentionScratch& scratch, std::int64_t first) {
  const std::int64_t last_row = (first + kQueries - 1) / args.group;
  const std::int64_t pages = pages_up_to(args, args.first_position + last_row);
  gather_queries<kQueries>(args, first, scratch.queries);
  Vec largest_score[kQueries];
  score_pages<kQueries>(args, scratch, first, pages, largest_score);
  float inverse_totals[kQueries];
  for (int v = 0; v < kQueries; ++v) {
    float* weights = scratch.weights + v * args.page_count * args.token_stride;
    float* page_sums = scratch.page_sums + v * scratch.padded_pages;
    inverse_totals[v] =
        1.0F / exponentiate<kCapture>(args, weights, page_sums, pages, largest(largest_score[v]));
  }
  mix_values<kQueries>(args, scratch.weights, first, pages, inverse_totals);
  if constexpr (kCapture) {
    for (int v = 0; v < kQueries; ++v) {
      if ((first + v) / args.group < args.rows - args.capture_rows) continue;
      float* masses = scratch.masses + (first + v) % args.group * scratch.padded_pages;
      const float* page_sums = scratch.page_sums + v * scratch.padded_pages;
      for (std::int64_t p = 0; p < pages; p += kLanes) {
        store(masses + p, load(masses + p) + load(page_sums + p) * inverse_totals[v]);
      }
    }
  }
}

template <bool kCapture>
void attend_block(const AttentionArgs& args, const AttentionScratch& scratch, std::int64_t first,
                  std::int64_t count) {
  switch (count) {
    case 1:
      return attend<1, kCapture>(args, scratch, first);
    case 2:
      return attend<2, kCapture>(args, scratch, first);
    case 3:
      return attend<3, kCapture>(args, scratch, first);
    case 4:
      return attend<4, kCapture>(args, scratch, first);
    case 5:
      return attend<5, kCapture>(args, scratch, first);
    case 6:
      return attend<6, kCapture>(args, scratch, first);
    case 7:
      return attend<7, kCapture>(args, scratch, first);
    default:
      return attend<8, kCapture>(args, scratch, first);
  }
}

/// Mean and maximum over the heads of the group of the masses averaged over the captured rows.
inline void reduce_heads(const AttentionArgs& args, const AttentionScratch& scratch) {
  const float per_row = 1.0F / static_cast<float>(args.capture_rows);
  const float per_head = 1.0F / static_cast<float>(args.group);
  for (std::int64_t p = 0; p < args.page_count; p += kLanes) {
    Vec total{};
    Vec most{};
    for (std::int64_t head = 0; head < args.group; ++head) {
      const Vec mass = load(scratch.masses + head * scratch.padded_pages + p) * per_row;
      total += mass;
      most = max(most, mass);
    }
    store_first(args.mean + p, total * per_head, args.page_count - p);
    store_first(args.max + p, most, args.page_count - p);
  }
}

template <bool kCapture>
void attention(const AttentionArgs& args) {
  constexpr std::int64_t kMostQueries = 8;
  AttentionScratch scratch;
  scratch.weights = args.scratch;
  scratch.page_sums = scratch.weights + kMostQueries * args.page_count * args.token_stride;
  scratch.padded_pages = (args.page_count + 15) / 16 * 16;
  scratch.queries = scratch.page_sums + kMostQueries * scratch.padded_pages;
  scratch.masses = scratch.queries + kMostQueries * args.head_dim;
  if constexpr (kCapture) {
    for (std::int64_t i = 0; i < args.group * scratch.padded_pages; ++i) scratch.masses[i] = 0.0F;
  }
  const std::int64_t vectors = args.rows * args.group;
  for (std::int64_t first = 0; first < vectors; first += kMostQueries) {
    const std::int64_t left = vectors - first;
    attend_block<kCapture>(args, scratch, first, left < kMostQueries ? left : kMostQueries);
  }
  if constexpr (kCapture) reduce_heads(args, scratch);
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
