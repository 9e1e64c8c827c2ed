// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention_pages.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

struct AttentionScratch {
  float* weights;        // (query vector, padded page, token_stride): scores, then exponentials
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
  std::int64_t first_scored = 0;           // page; those before it only share its vector
  std::uint64_t rows = ~std::uint64_t{0};  // of the pages, that are scored
  bool joins = false;                      // what is not scored keeps what it has

  [[nodiscard]] std::int64_t vector(int v) const { return first + (v < count ? v : count - 1); }
};

/// How many pages ahead of its use a page is fetched, when so many vectors of tokens are read side
/// by side: the next ones that are not read now.
inline std::int64_t pages_ahead(const AttentionArgs& args, std::int64_t token_vectors) {
  const std::int64_t stride = args.shape.token_stride;
  return (token_vectors * kLanes + stride - 1) / stride;
}

inline AttentionScratch divide_scratch(const AttentionArgs& args) {
  AttentionScratch scratch;
  scratch.padded_pages = (args.page_count + 15) / 16 * 16;
  scratch.context = scratch.padded_pages * args.shape.token_stride;
  scratch.weights = args.scratch;
  scratch.page_sums = scratch.weights + kMostQueries * scratch.context;
  scratch.queries = scratch.page_sums + kMostQueries * scratch.padded_pages;
  scratch.sums = scratch.queries + kMostQueries * args.shape.head_dim;
  scratch.masses = scratch.sums + kMostQueries * args.shape.value_stride;
  return scratch;
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
