// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/ops/cuda/kernels.h"
#include "tests/gpu/support.h"

/// Random sequences in pages, on the host and on the device.
namespace pagequest::gpu_test {

struct CaseShape {
  ops::KvType type = ops::KvType::f32;
  gpu::Element element = gpu::Element::f32;
  std::int32_t head_dim = 16;
  std::int32_t page_size = 16;
  std::int32_t kv_heads = 2;
  std::int32_t group = 2;
  bool per_head = false;  // a page table for each KV head
  std::int32_t window = 0;
  bool sinks = false;
  double holes = 0.2;  // share of evicted tokens
};

/// A chunk of a case: its rows are the last of `context` positions. No rows: padding.
struct CaseChunk {
  std::int32_t rows;
  std::int32_t context;
  std::int32_t capture_rows = 0;
};

struct CaseGroup {
  std::vector<ops::AttendedPage> pages;
  std::vector<std::int32_t> columns;
};

/// One layer (number 1 of 2) of a batch. Keys and values are what the cache holds: rounded.
class PagedCase {
 public:
  PagedCase(const CaseShape& shape, const std::vector<CaseChunk>& chunks, std::uint64_t seed);

  static constexpr std::int32_t kLayers = 2;
  static constexpr std::int32_t kLayer = 1;

  [[nodiscard]] std::int32_t query_heads() const { return shape.kv_heads * shape.group; }
  [[nodiscard]] std::int32_t groups() const { return shape.per_head ? shape.kv_heads : 1; }
  [[nodiscard]] const CaseGroup& group_of(std::size_t chunk, std::int32_t kv_head) const {
    return tables[chunk][static_cast<std::size_t>(shape.per_head ? kv_head : 0)];
  }
  /// Key and value of a position, head_dim components each.
  [[nodiscard]] std::pair<std::vector<float>, std::vector<float>> entry(
      std::size_t chunk, std::int32_t kv_head, std::int32_t position) const;
  [[nodiscard]] std::vector<float> query(std::int32_t row, std::int32_t head) const;

  [[nodiscard]] gpu::BatchView batch() const;
  [[nodiscard]] gpu::KvView kv() const;
  [[nodiscard]] gpu::RowsView queries_view() const {
    return {query_buffer.data(), query_stride(), shape.element};
  }
  [[nodiscard]] std::int64_t query_stride() const {
    return std::int64_t{query_heads()} * shape.head_dim + 8;
  }

  CaseShape shape;
  std::vector<CaseChunk> chunks;
  std::vector<std::vector<CaseGroup>> tables;     // (chunk, KV group)
  std::vector<std::vector<std::int32_t>> listed;  // (chunk)
  std::vector<std::int32_t> first_rows;           // (chunk)
  std::vector<float> sinks;                       // (query head)
  std::vector<float> queries;                     // (row, stride)
  std::vector<float> thresholds = {0.02F, 0.2F};
  std::int32_t rows = 0;
  std::vector<gpu::ChunkView> views;  // captures are filled in by the test
  gpu::DeviceBuffer query_buffer;
  gpu::DeviceBuffer memory;
  gpu::DeviceBuffer sink_buffer;

  /// Writes `views` to the device.
  void upload_views();

 private:
  void draw_tables(Rng& rng);
  void draw_memory(Rng& rng);
  void upload_rest();
  [[nodiscard]] gpu::DeviceKvLayout layout() const {
    return {shape.type, shape.head_dim, shape.page_size};
  }

  std::vector<std::byte> host_memory_;
  std::vector<std::int64_t> plane_offsets_;
  std::vector<std::int32_t> group_of_;
  std::int64_t page_stride_ = 0;
  std::int32_t physical_ = 0;
  std::int32_t most_pages_ = 0;
  gpu::DeviceBuffer view_buffer_, range_buffer_, page_buffer_, column_buffer_, row_chunk_buffer_,
      plane_buffer_, group_buffer_, threshold_buffer_;
};

}  // namespace pagequest::gpu_test
