// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_scores.h"

// Scores of keys that count as later than they were rotated for. A key that moves by k positions is
// R(k) times itself, and a rotation goes from one side of a dot product to the other:
// q . R(k) key = R(-k) q . key. So the query turns back, once for each run of pages, and the stored
// keys stay as they are: their roundings don't add up, and whoever shares a page sees no
// difference.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// gather_queries() with each query turned back by the angles of so many positions.
template <int kQueries>
void gather_turned_queries(const AttentionArgs& args, const QueryBlock& block,
                           std::int64_t positions, float* out) {
  const std::int64_t head_dim = args.shape.head_dim;
  const std::int64_t half = head_dim / 2;
  const float* cosines = args.turns.cosines + positions * half;
  const float* sines = args.turns.sines + positions * half;
  for (int v = 0; v < kQueries; ++v) {
    const std::int64_t row = block.vector(v) / args.group;
    const std::int64_t head = block.vector(v) % args.group;
    const float* low = args.queries + row * args.query_stride + head * head_dim;
    const float* high = low + half;
    for (std::int64_t i = 0; i < half; ++i) {
      const float turned_low = low[i] * cosines[i] + high[i] * sines[i];
      const float turned_high = high[i] * cosines[i] - low[i] * sines[i];
      out[i * kQueries + v] = turned_low * args.scale;
      out[(half + i) * kQueries + v] = turned_high * args.scale;
    }
  }
}

/// The part of the block that has one run's pages, or none. Pages that share a vector with the
/// first one come along, but are not scored.
inline QueryBlock part_of(const AttentionArgs& args, const QueryBlock& block,
                          const TurnedPages& run) {
  QueryBlock part = block;
  if (run.first > part.pages.first) {
    const std::int64_t sharers = kLanes / args.shape.token_stride;
    part.pages.first = sharers > 1 ? run.first - run.first % sharers : run.first;
  }
  if (run.end < part.pages.end) part.pages.end = run.end;
  part.first_scored = run.first;
  part.rows = run.rows;
  part.joins = true;
  return part;
}

template <int kQueries>
void clear_scores(const AttentionArgs& args, const AttentionScratch& scratch,
                  const PageRange& pages) {
  for (int v = 0; v < kQueries; ++v) {
    float* scores = scratch.weights + v * scratch.context;
    const std::int64_t end = pages.end * args.shape.token_stride;
    for (std::int64_t at = pages.first * args.shape.token_stride; at < end; at += kLanes) {
      store(scores + at, splat(-__builtin_inff()));
    }
  }
}

/// The scores of all pages that the block can see, run by run.
template <class Kv, int kQueries>
void score_turned_pages(const AttentionArgs& args, const AttentionScratch& scratch,
                        const QueryBlock& block, Vec (&largest_score)[kQueries]) {
  clear_scores<kQueries>(args, scratch, block.pages);
  for (std::int64_t i = 0; i < args.turns.count; ++i) {
    const TurnedPages& run = args.turns.runs[i];
    const QueryBlock part = part_of(args, block, run);
    if (part.pages.first >= part.pages.end) continue;
    if (run.positions == 0) {
      gather_queries<kQueries>(args, part, scratch.queries);
    } else {
      gather_turned_queries<kQueries>(args, part, run.positions, scratch.queries);
    }
    score_pages<Kv, kQueries>(args, scratch, part, largest_score);
  }
}

/// Scores of all pages that the block can see, and each query's largest one.
template <class Kv, int kQueries>
void score_block(const AttentionArgs& args, const AttentionScratch& scratch,
                 const QueryBlock& block, Vec (&largest_score)[kQueries]) {
  for (int v = 0; v < kQueries; ++v) largest_score[v] = splat(-__builtin_inff());
  if (args.turns.count > 0) {
    return score_turned_pages<Kv, kQueries>(args, scratch, block, largest_score);
  }
  gather_queries<kQueries>(args, block, scratch.queries);
  score_pages<Kv, kQueries>(args, scratch, block, largest_score);
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
