// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/attended_page.h"
#include "engine/ops/cpu/isa.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/ops/cpu/packed_matrix.h"
#include "engine/ops/turned_pages.h"

/// The arithmetic of a decoder's forward pass, activations in f32. reference.h specifies each
/// operation in plain code; these are the fast versions, one set for each instruction set.
///
/// Every output row is computed by the same sequence of roundings however many rows a call has, so
/// a sequence's result does not depend on the batch that it ran in, on threads, nor on the chunks
/// that its prompt was cut into.
namespace pagequest::ops {

/// Columns of a weight panel (packed_matrix.h). Rows of activations that a linear layer writes
/// have room for whole panels.
inline constexpr std::int64_t kPanelColumns = 64;

/// y(row, column) = sum over k of x(row, k) * weight(column, k), plus y if `accumulate`. For bf16
/// weights a processor with bf16 dot products rounds x to bf16 too; else x stays in f32.
struct LinearArgs {
  const float* x;  // (rows, inputs), rows `x_stride` floats apart
  std::int64_t rows;
  std::int64_t x_stride;
  WeightType type;
  const std::byte* panels;  // of the first panel, laid out as PackedMatrix says
  const std::byte* scales;
  std::int64_t panel_stride;  // bytes
  std::int64_t scale_stride;  // bytes from a panel's scales to the next one's
  std::int64_t inputs;
  std::int64_t panel_count;
  float* y;  // (rows, panel_count * kPanelColumns); padding columns get zeros
  std::int64_t y_stride;
  bool accumulate;
  bool precise;    // x in two bf16 terms instead of one, where it would be rounded
  float* scratch;  // linear_scratch_floats(...)
};

/// Rows that a linear layer takes at a time.
inline constexpr std::int64_t kLinearRows = 96;

/// Floats of scratch memory that a call of a linear layer needs.
[[nodiscard]] constexpr std::int64_t linear_scratch_floats(std::int64_t inputs) {
  return kLinearRows * ((inputs + 31) / 32 * 16);
}

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

/// Attention mass of each of AttentionArgs::pages. Null: not wanted, but for `mean` and `max`.
struct AttentionCapture {
  std::int64_t rows = 0;       // last rows over which it is averaged
  float* mean = nullptr;       // (page): mean over the heads of the group
  float* max = nullptr;        // (page): maximum over the heads of the group
  float* head_mass = nullptr;  // (head of the group, page), heads `head_stride` apart
  std::int64_t head_stride = 0;
  float* sink_share = nullptr;  // one value, mean over the heads
  const float* thresholds = nullptr;
  std::int64_t threshold_count = 0;
  /// (threshold, page): bit i is set if the token's probability reaches the threshold for any head
  /// and captured row; thresholds `above_stride` apart.
  std::uint64_t* tokens_above = nullptr;
  std::int64_t above_stride = 0;
};

/// Keys that count as later than they were rotated for, without a change to what is stored. A page
/// is computed once for each of its runs.
struct KeyTurns {
  const TurnedPages* runs = nullptr;  // all of AttentionArgs::pages, ascending
  std::int64_t count = 0;             // 0: every key counts as it is stored
  const float* cosines = nullptr;     // (positions, head_dim / 2), of amplitude 1
  const float* sines = nullptr;
};

/// Causal attention of `rows` consecutive positions of one sequence, for one KV head and the
/// `group` query heads that share it (grouped-query attention, arXiv 2305.13245).
struct AttentionArgs {
  const float* queries;  // (row, head of the group, head_dim), rows `query_stride` apart
  std::int64_t rows;
  std::int64_t query_stride;
  std::int64_t group;
  std::int32_t first_position;  // of row 0; its own key is in the pages already
  std::int32_t window;          // positions that a row sees, its own included; 0: all before it
  float scale;                  // of the scores
  const float* sinks;           // (head of the group): logits without a value; null: none
  KvShape shape;                // of a block
  const std::byte* kv;          // block of this KV head in physical page 0
  std::int64_t page_stride;     // bytes from a physical page to the next
  const AttendedPage* pages;    // ascending positions
  std::int64_t page_count;
  float* out;  // (row, head of the group, head_dim), rows `out_stride` apart
  std::int64_t out_stride;
  AttentionCapture capture;  // of attention_with_capture
  float* scratch;            // attention_scratch_floats(...)
  KeyTurns turns = {};
};

/// An upper bound of the scores of a page's keys for each of some pages, from a box around them
/// (Quest, arXiv 2406.10774, section 3.2): the sum over d of max(q_d * lowest_d, q_d * highest_d),
/// unscaled. Of the query heads that share a KV head, the largest bound counts.
struct PageBoundArgs {
  const float* queries;  // (head of the group, head_dim)
  std::int64_t group;
  std::int64_t head_dim;
  const float* boxes;        // (corner, head_dim) of this KV head in physical page 0, lowest first
  std::int64_t page_stride;  // floats from a physical page to the next
  const AttendedPage* pages;
  std::int64_t page_count;
  float* out;  // (page)
};

/// Query vectors that are computed together.
inline constexpr std::int64_t kMostQueries = 8;

/// Floats of scratch memory that an attention call needs.
[[nodiscard]] constexpr std::int64_t attention_scratch_floats(std::int64_t page_count,
                                                              const KvLayout& layout,
                                                              std::int64_t group) {
  const std::int64_t padded_pages = (page_count + 15) / 16 * 16;  // whole vectors of page sums
  return kMostQueries * (padded_pages * layout.token_stride() + padded_pages + layout.head_dim +
                         layout.value_stride()) +
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
  /// gpt-oss: out(i) = gate * sigmoid(1.702 * gate) * (up + 1), gate at most 7 and up from -7 to 7.
  void (*clamped_swiglu)(const float* gate_up, std::int64_t width, float* out);
  /// x(i) = exp(x(i)); relative error below 2e-7 where the result is a normal float; 0 below
  /// that, and -infinity gives exactly 0.
  void (*exp)(float* x, std::int64_t count);
  /// The outputs are the same bits with and without capture.
  void (*attention)(const AttentionArgs&);
  void (*attention_with_capture)(const AttentionArgs&);
  void (*page_bounds)(const PageBoundArgs&);
};

/// The set must be one of supported_isas().
[[nodiscard]] const Kernels& kernels_for(Isa isa);

}  // namespace pagequest::ops
