// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/namespace.h"
#include "engine/ops/cuda/views.h"

/// The arithmetic of a decoder's forward pass on a GPU; the twin of engine/ops/cpu/kernels.h, and
/// what ops/cpu/reference.h specifies. A call puts its kernels into a stream and returns. Sums are
/// f32, in an order that depends on shapes only: the same call gives the same bits, whatever ran
/// before. No call allocates, waits for the device or reads back, so all can be captured.
namespace pagequest::ops::PQ_CUDA_NS {

/// out(row) = the weights of output tokens[row].
struct EmbedArgs {
  MatrixView table;            // outputs: vocabulary
  const std::int32_t* tokens;  // (row)
  std::int64_t rows;
  RowsView out;  // f32
};
void embed(const EmbedArgs& args, const Stream& stream);

/// out = x / sqrt(mean(x^2) + epsilon) * weight, row by row.
struct RmsNormArgs {
  RowsView x;  // f32
  std::int64_t rows;
  std::int64_t width;
  const float* weight;
  float epsilon;
  RowsView out;
  /// With a bf16 `out`: what its rounding lost, bf16; null: not wanted. For precise products.
  RowsView remainder;
  /// (row of out): row of x; null: the same.
  const std::int32_t* source_rows = nullptr;
};
void rms_norm(const RmsNormArgs& args, const Stream& stream);

enum class Epilogue : std::uint8_t {
  store,           // y = product + bias, f32
  add,             // y += product + bias, f32
  swiglu,          // outputs are gates, then as many ups: y = silu(gate) * up
  clamped_swiglu,  // gpt-oss, as in ops/cpu/kernels.h
};

class CublasLt;

/// y(row, output) = sum over k of x(row, k) * weight(output, k). Rows of x and of its remainder
/// have the same stride and begin at multiples of 16 bytes; behind the inputs they may hold
/// anything.
struct LinearArgs {
  MatrixView matrix;
  const float* bias = nullptr;  // (output); null: none
  RowsView x;                   // f32 for an f32 matrix, bf16 else
  RowsView x_remainder;         // added to x where the product shall be precise; null data: none
  std::int64_t rows = 0;
  RowsView y;  // f32 for store and add; of x's element for the gated ones
  Epilogue epilogue = Epilogue::store;
  CublasLt* library = nullptr;  // for large products of bf16 (cublas_lt.h); null: own kernels
};

/// Device memory that linear() and experts() may need for `rows` rows of the widest matrix.
[[nodiscard]] std::int64_t linear_scratch_bytes(std::int64_t rows, std::int64_t most_outputs,
                                                std::int64_t most_inputs);
/// `scratch`: linear_scratch_bytes(...) of device memory that no other stream uses.
void linear(const LinearArgs& args, void* scratch, const Stream& stream);

/// Normalises (where the weights are given) and rotates queries and keys, stores keys and values
/// into the pages, and copies the captured last queries.
struct StoreKvArgs {
  BatchView batch;
  KvView kv;
  std::int32_t layer;
  RowsView query_key_value;  // f32: query heads, key heads, value heads
  const float* query_norm;   // (head_dim); null: none
  const float* key_norm;     // (head_dim)
  float epsilon;
  const float* cosines;  // (position, head_dim / 2)
  const float* sines;
  RowsView queries;  // (row, query head, head_dim): rotated
};
void store_kv(const StoreKvArgs& args, const Stream& stream);

/// Causal attention of all chunks of a batch in one layer, with capture. Holes, windows, sinks and
/// tables per head as in ops::AttentionArgs.
struct AttentionArgs {
  BatchView batch;
  KvView kv;
  std::int32_t layer;
  std::int32_t window;  // positions that a row sees, its own included; 0: all before it
  float scale;
  const float* sinks;  // (query head): logits without a value; null: none
  RowsView queries;    // (row, query head, head_dim)
  RowsView out;        // (row, query head, head_dim), of the same element
  bool captures;       // some chunk has capture_rows > 0
  std::byte* scratch;  // attention_scratch_bytes(...)
};
[[nodiscard]] std::int64_t attention_scratch_bytes(const BatchView& batch, const KvView& kv,
                                                   bool captures, int multiprocessors);
void attention(const AttentionArgs& args, int multiprocessors, const Stream& stream);

/// A layer of experts: route() chooses, experts() computes.
struct RouteArgs {
  const float* logits;  // (row, experts), rows `stride` floats apart
  std::int64_t stride;
  std::int64_t rows;
  std::int32_t experts;
  std::int32_t experts_per_token;
  bool normalise_weights;  // softmax over the chosen ones only
  std::int32_t* chosen;    // (row, slot): ascending
  float* weights;          // (row, slot)
  std::int32_t* first;     // (expert + 1): its range of expert rows
  std::int32_t* place;     // (row, slot): its expert row
  std::int32_t* source;    // (expert row): its row
};
void route(const RouteArgs& args, const Stream& stream);

/// residual(row) += sum over slots of weight * expert(normalised(row)), in the order of slots.
/// The matrices of all experts lie one behind the other: expert e's begin at
/// data + e * expert_bytes and scales + e * expert_scale_bytes.
struct ExpertMatrices {
  MatrixView first;
  std::int64_t expert_bytes;
  std::int64_t expert_scale_bytes;
  const float* bias;  // (expert, output); null: none
};
struct ExpertsArgs {
  RouteArgs routing;  // after route()
  ExpertMatrices gate_up;
  ExpertMatrices down;
  Epilogue activation;  // swiglu or clamped_swiglu
  RowsView x;           // normalised rows
  RowsView activated;   // (expert row, intermediate_size), of x's element
  RowsView outputs;     // (expert row, hidden_size), f32
  RowsView residual;    // f32
};
void experts(const ExpertsArgs& args, void* scratch, const Stream& stream);

/// The next token of each row of logits, as runtime/sampler.h says; -1 where a logit is not finite.
struct SamplingView {
  float temperature;
  float top_p;
  std::uint64_t seed;
  std::int32_t position;
};
struct SampleArgs {
  const float* logits;  // (row, vocabulary), rows `stride` floats apart
  std::int64_t stride;
  std::int64_t rows;
  std::int32_t vocabulary;
  const SamplingView* sampling;  // (row)
  std::int32_t* tokens;          // (row)
  std::byte* scratch;            // sample_scratch_bytes(...)
};
[[nodiscard]] std::int64_t sample_scratch_bytes(std::int64_t rows, std::int32_t vocabulary);
void sample(const SampleArgs& args, const Stream& stream);

/// Copies whole pages, all planes. `pairs` (pair, 2): from, to; device memory.
struct CopyPagesArgs {
  KvView kv;
  std::int64_t layers_in_group;  // planes of page rows: page p of plane-layer l begins at
  std::int64_t layer_stride;     // memory + l * layer_stride + p * page_stride, page_stride bytes
  const std::int32_t* pairs;
  std::int64_t count;
};
void copy_pages(const CopyPagesArgs& args, const Stream& stream);

/// Moves rows of pages, all planes: the j-th set bit of from_rows to the j-th of to_rows. No page
/// is the source and the target of moves.
struct RowMove {
  std::int32_t from;
  std::int32_t to;
  std::uint64_t from_rows;
  std::uint64_t to_rows;
};
struct MoveRowsArgs {
  KvView kv;
  std::int64_t layers_in_group;  // as in CopyPagesArgs
  std::int64_t layer_stride;
  const RowMove* moves;  // device memory
  std::int64_t count;
};
void move_rows(const MoveRowsArgs& args, const Stream& stream);

/// Smallest and largest components of the stored keys of a logical page's live tokens;
/// (layer, KV head, head_dim), zeros where a head holds none. `pages` (KV group): live 0 if
/// unmapped.
struct KeyBoundsArgs {
  KvView kv;
  const AttendedPage* pages;
  float* lowest;
  float* highest;
};
void key_bounds(const KeyBoundsArgs& args, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS
