// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_scratch.h"

// What attention.h keeps of the exponentials for AttentionCapture.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

inline void clear_capture(const AttentionArgs& args, const AttentionScratch& scratch) {
  const AttentionCapture& capture = args.capture;
  for (std::int64_t i = 0; i < args.group * scratch.padded_pages; ++i) scratch.masses[i] = 0.0F;
  if (capture.sink_share != nullptr) *capture.sink_share = 0.0F;
  for (std::int64_t i = 0; i < capture.threshold_count; ++i) {
    std::uint64_t* above = capture.tokens_above + i * capture.above_stride;
    for (std::int64_t p = 0; p < args.page_count; ++p) above[p] = 0;
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

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
