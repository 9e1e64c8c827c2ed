// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/ops/attended_page.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/ops/cuda/namespace.h"

/// What kernels see of a batch, of the KV cache and of weights. All pointers are device memory.
/// Plain numbers only: a view is a kernel argument, and stays valid in a captured graph as long as
/// the buffers behind it stay where they are.
namespace pagequest::ops::PQ_CUDA_NS {

/// How activations are stored between operations: f32 where the weights are f32, bf16 else.
enum class Element : std::uint8_t { f32, bf16 };

[[nodiscard]] constexpr std::int64_t element_bytes(Element element) {
  return element == Element::f32 ? 4 : 2;
}

/// Rows of activations, `stride` elements apart.
struct RowsView {
  void* data = nullptr;
  std::int64_t stride = 0;
  Element element = Element::f32;
};

/// Where a chunk's captured attention goes; null: not wanted. Shapes as in
/// runtime::CaptureBuffers; all entries of a captured chunk are written, zeros included.
struct CaptureView {
  float* mean = nullptr;                  // (layer, KV head, listed page)
  float* max = nullptr;                   // (layer, KV head, listed page)
  float* sink_share = nullptr;            // (layer, KV head)
  float* query_head_mass = nullptr;       // (layer, query head, listed page)
  std::uint64_t* tokens_above = nullptr;  // (threshold, layer, KV head, listed page)
  float* last_query = nullptr;            // (layer, query head, head_dim), after the rotation
};

/// One sequence's part of a batch.
struct ChunkView {
  std::int32_t first_row = 0;
  std::int32_t rows = 0;  // 0: padding of a captured graph, nothing to do
  std::int32_t first_position = 0;
  std::int32_t capture_rows = 0;  // last rows whose attention is averaged; 0: no capture
  std::int32_t listed = 0;        // listed pages
  CaptureView capture;
};

/// Entries of BatchView::pages and BatchView::columns.
struct PageRange {
  std::int32_t first = 0;
  std::int32_t count = 0;
};

/// Chunks of one token come first: [0, decode_chunks) of `chunks`, one row each, padding included;
/// then the others. Row numbers follow the order of chunks.
struct BatchView {
  const ChunkView* chunks = nullptr;
  std::int32_t decode_chunks = 0;
  std::int32_t prefill_chunks = 0;
  std::int32_t rows = 0;                     // of all chunks, padding included
  std::int32_t most_prefill_rows = 0;        // rows of the longest prefill chunk
  std::int32_t most_pages = 0;               // of any (chunk, KV group), at most
  const std::int32_t* tokens = nullptr;      // (row); padding rows hold token 0
  const std::int32_t* row_chunks = nullptr;  // (row): its chunk
  const PageRange* ranges = nullptr;         // (chunk, KV group)
  const AttendedPage* pages = nullptr;       // of all ranges, ascending positions in each
  const std::int32_t* columns = nullptr;     // beside `pages`: column among the listed pages
  const float* thresholds = nullptr;         // of tokens_above, ascending
  std::int32_t threshold_count = 0;
};

/// Largest head_dim that the kernels take.
inline constexpr std::int32_t kMostHeadDim = 256;

/// How one page's keys and values of one layer and KV head lie in device memory: a block of
///   keys    (token, head_dim)
///   values  (token, head_dim)
///   scales  (2, token) f32, of keys, then of values; int8 only
/// Each part begins at a multiple of 16 bytes, blocks at a multiple of 128.
struct DeviceKvLayout {
  KvType type = KvType::f32;
  std::int32_t head_dim = 0;
  std::int32_t page_size = 0;

  [[nodiscard]] constexpr std::int64_t element_bytes() const {
    return type == KvType::f32 ? 4 : type == KvType::bf16 ? 2 : 1;
  }
  [[nodiscard]] constexpr std::int64_t part_bytes() const {
    return round_up(element_bytes() * head_dim * page_size, 16);
  }
  [[nodiscard]] constexpr std::int64_t values_offset() const { return part_bytes(); }
  [[nodiscard]] constexpr std::int64_t scales_offset() const { return 2 * part_bytes(); }
  [[nodiscard]] constexpr std::int64_t block_bytes() const {
    const std::int64_t scales = type == KvType::int8 ? std::int64_t{8} * page_size : 0;
    return round_up(scales_offset() + scales, 128);
  }
  static constexpr std::int64_t round_up(std::int64_t n, std::int64_t step) {
    return (n + step - 1) / step * step;
  }
};

/// Keys and values of all physical pages. The block of (layer, KV head) in page p begins at
/// memory + plane_offsets[layer * kv_heads + head] + p * page_stride.
struct KvView {
  DeviceKvLayout layout;
  std::int32_t layers = 0;
  std::int32_t kv_heads = 0;
  std::int32_t query_heads = 0;
  std::int32_t groups = 0;  // KV groups
  std::byte* memory = nullptr;
  std::int64_t page_stride = 0;                 // bytes
  const std::int64_t* plane_offsets = nullptr;  // (layer, KV head), bytes
  const std::int32_t* group_of = nullptr;       // (layer, KV head): KV group
};

/// How a weight matrix is stored on the device: outputs in rows, inputs in order, rows
/// `row_bytes` apart (a multiple of 16; the padding is zero).
enum class MatrixType : std::uint8_t {
  f32,
  bf16,
  int8,   // f32 scales (output, group of 128 inputs)
  fp8,    // E4M3; f32 scales (output, group of 128 inputs)
  mxfp4,  // E2M1, the lower input in the lower four bits; E8M0 scales (output, group of 32 inputs)
};

struct MatrixView {
  MatrixType type = MatrixType::f32;
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::int64_t row_bytes = 0;
  const std::byte* data = nullptr;
  const std::byte* scales = nullptr;
  std::int64_t scale_stride = 0;  // bytes from an output's scales to the next one's
};

}  // namespace pagequest::ops::PQ_CUDA_NS
