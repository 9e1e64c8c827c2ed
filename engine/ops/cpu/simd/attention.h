// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_capture.h"
#include "engine/ops/cpu/simd/attention_scores.h"
#include "engine/ops/cpu/simd/attention_turns.h"
#include "engine/ops/cpu/simd/attention_values.h"

// Attention in three passes over the pages: scores and their maximum; exponentials and their sums;
// weighted sum of the values. All scores of up to 8 query vectors (8 x context floats) stay in the
// second-level cache, so keys and values are read from memory once each, and the exponential sum
// of a page, which is its attention mass times the total, comes out of the second pass almost for
// free: the pages' vectors are summed horizontally many at a time.
//
// Each score is one chain over the components and each output one chain over the tokens, whatever
// the number of queries in a block: tokens that a row does not see add exact zeros.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

template <class Kv, int kQueries, bool kCapture>
void attend(const AttentionArgs& args, const AttentionScratch& scratch, QueryBlock block) {
  block.pages =
      pages_of_rows(args, block.first / args.group, (block.first + block.count - 1) / args.group);
  Vec largest_score[kQueries];
  score_block<Kv, kQueries>(args, scratch, block, largest_score);
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
