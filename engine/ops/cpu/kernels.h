// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cpu/isa.h"

/// The arithmetic of a Llama-type forward pass in f32. reference.h specifies each operation in
/// plain code; these are the fast versions, one set for each instruction set.
///
/// Every output row is computed by the same sequence of roundings however many rows a call has, so
/// a sequence's result does not depend on the batch that it ran in, nor on threads.
namespace pagequest::ops {

/// Columns of a weight panel (packed_matrix.h). Rows of activations that a linear layer writes
/// have room for whole panels.
inline constexpr std::int64_t kPanelColumns = 64;

/// y(row, column) = sum over k of x(row, k) * weight(column, k), plus y if `accumulate`.
struct LinearArgs {
  const float* x;  // (rows, inputs), rows `x_stride` floats apart
  std::int64_t rows;
  std::int64_t x_stride;
  const float* panels;  // (panel, input, kPanelColumns)
  std::int64_t inputs;
  std::int64_t panel_count;
  float* y;  // (rows, panel_count * kPanelColumns); padding columns get zeros
  std::int64_t y_stride;
  bool accumulate;
};

/// out = x / sqrt(mean(x^2) + epsilon) * weight, row by row.
struct RmsNormArgs {
  const float* x;
  std::int64_t rows;
  std::int64_t stride;  // of x and out
  std::int64_t width;
  const float* weight;
  float epsilon;
  float* out;
};

/// One page of a sequence as the attention sees it. Only pages with a live token are listed.
struct AttendedPage {
  std::uint64_t live;           // bit i: the token at first_position + i is there
  std::int32_t physical;        // block number
  std::int32_t first_position;  // of the page
};

/// Causal attention of `rows` consecutive positions of one sequence, for one KV head and the
/// `group` query heads that share it (grouped-query attention, arXiv 2305.13245).
struct AttentionArgs {
  const float* queries;  // (row, head of the group, head_dim), rows `query_stride` apart
  std::int64_t rows;
  std::int64_t query_stride;
  std::int64_t group;
  std::int64_t head_dim;
  std::int32_t first_position;  // of row 0; its own key is in the pages already
  float scale;                  // of the scores
  const float* kv;              // block 0 of this KV head, laid out as KvLayout says
  std::int64_t page_stride;     // floats from a physical page to the next
  std::int64_t page_size;       // tokens
  std::int64_t token_stride;    // of a key row
  std::int64_t value_stride;    // of a value row
  const AttendedPage* pages;    // ascending positions
  std::int64_t page_count;
  float* out;  // (row, head of the group, head_dim), rows `out_stride` apart
  std::int64_t out_stride;
  /// Capture, for each of `pages`: attention mass averaged over the last `capture_rows` rows, then
  /// the mean and the maximum over the heads of the group. Ignored when capture is off.
  float* mean;
  float* max;
  std::int64_t capture_rows;
  float* scratch;  // attention_scratch_floats(...)
};

/// Floats of scratch memory that an attention call needs.
[[nodiscard]] constexpr std::int64_t attention_scratch_floats(std::int64_t page_count,
                                                              std::int64_t token_stride,
                                                              std::int64_t group,
                                                              std::int64_t head_dim) {
  constexpr std::int64_t kMostQueries = 8;
  const std::int64_t padded_pages = (page_count + 15) / 16 * 16;  // whole vectors of page sums
  return kMostQueries * (page_count * token_stride + padded_pages + head_dim) +
         group * padded_pages;
}

struct Kernels {
  Isa isa;
  void (*linear)(const LinearArgs&);
  void (*rms_norm)(const RmsNormArgs&);
  /// Rotates `heads` vectors of head_dim in place by the angles whose cosines and sines are given
  /// (head_dim / 2 each); half-split pairs (i, i + head_dim / 2) as in Hugging Face's Llama.
  void (*rope)(float* x, std::int64_t heads, std::int64_t head_dim, const float* cosines,
               const float* sines);
  /// out(i) = silu(gate_up(i)) * gate_up(width + i), for i < width. `out` may be `gate_up`.
  void (*swiglu)(const float* gate_up, std::int64_t width, float* out);
  /// x(i) = exp(x(i)); relative error below 2e-7 where the result is a normal float; 0 below
  /// that, and -infinity gives exactly 0.
  void (*exp)(float* x, std::int64_t count);
  /// The outputs are the same bits with and without capture.
  void (*attention)(const AttentionArgs&);
  void (*attention_with_capture)(const AttentionArgs&);
};

/// The set must be one of supported_isas().
[[nodiscard]] const Kernels& kernels_for(Isa isa);

}  // namespace pagequest::ops
