// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/gpu/paged_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include <catch2/catch.hpp>

namespace pagequest::gpu_test {
namespace {

void write_part(const gpu::DeviceKvLayout& layout, std::byte* block, int part, std::int32_t slot,
                const std::vector<float>& x) {
  std::byte* at = block + part * layout.values_offset();
  float largest = 0.0F;
  for (const float v : x) largest = std::max(largest, std::fabs(v));
  if (layout.type == ops::KvType::int8) {
    const float scale = largest / 127.0F;
    std::memcpy(block + layout.scales_offset() + 4 * (part * layout.page_size + slot), &scale, 4);
  }
  for (std::int32_t i = 0; i < layout.head_dim; ++i) {
    const std::int64_t index = std::int64_t{slot} * layout.head_dim + i;
    const float value = x[static_cast<std::size_t>(i)];
    if (layout.type == ops::KvType::f32) {
      std::memcpy(at + 4 * index, &value, 4);
    } else if (layout.type == ops::KvType::bf16) {
      const std::uint16_t bits = ops::to_bf16(value);
      std::memcpy(at + 2 * index, &bits, 2);
    } else {
      const auto q = static_cast<std::int8_t>(std::lrintf(value * (127.0F / largest)));
      std::memcpy(at + index, &q, 1);
    }
  }
}

std::vector<float> read_part(const gpu::DeviceKvLayout& layout, const std::byte* block, int part,
                             std::int32_t slot) {
  const std::byte* at = block + part * layout.values_offset();
  std::vector<float> x(static_cast<std::size_t>(layout.head_dim));
  float scale = 1.0F;
  if (layout.type == ops::KvType::int8) {
    std::memcpy(&scale, block + layout.scales_offset() + 4 * (part * layout.page_size + slot), 4);
  }
  for (std::int32_t i = 0; i < layout.head_dim; ++i) {
    const std::int64_t index = std::int64_t{slot} * layout.head_dim + i;
    float& value = x[static_cast<std::size_t>(i)];
    if (layout.type == ops::KvType::f32) {
      std::memcpy(&value, at + 4 * index, 4);
    } else if (layout.type == ops::KvType::bf16) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, at + 2 * index, 2);
      value = ops::from_bf16(bits);
    } else {
      std::int8_t q = 0;
      std::memcpy(&q, at + index, 1);
      value = scale * static_cast<float>(q);
    }
  }
  return x;
}

}  // namespace

PagedCase::PagedCase(const CaseShape& shape_, const std::vector<CaseChunk>& chunks_,
                     std::uint64_t seed)
    : shape(shape_), chunks(chunks_) {
  Rng rng(seed);
  draw_tables(rng);
  draw_memory(rng);
  queries = random_floats(rng, static_cast<std::size_t>(rows * query_stride()), -2, 2);
  if (shape.element == gpu::Element::bf16) queries = rounded_to_bf16(queries);
  if (shape.sinks) sinks = random_floats(rng, static_cast<std::size_t>(query_heads()));
  upload_rest();
}

void PagedCase::draw_tables(Rng& rng) {
  for (const CaseChunk& chunk : chunks) {
    first_rows.push_back(rows);
    rows += std::max(chunk.rows, 1);  // padding takes a row
    std::vector<CaseGroup> groups(static_cast<std::size_t>(this->groups()));
    std::set<std::int32_t> all;
    for (CaseGroup& group : groups) {
      const std::int32_t pages = (chunk.context + shape.page_size - 1) / shape.page_size;
      for (std::int32_t p = 0; p < pages && chunk.rows > 0; ++p) {
        ops::AttendedPage page{0, 0, p * shape.page_size};
        for (std::int32_t slot = 0; slot < shape.page_size; ++slot) {
          const std::int32_t position = page.first_position + slot;
          const bool own = position >= chunk.context - chunk.rows;
          if (position < chunk.context && (own || !rng.chance(shape.holes))) {
            page.live |= std::uint64_t{1} << slot;
          }
        }
        if (page.live == 0) continue;
        page.physical = physical_++;
        group.pages.push_back(page);
        all.insert(p);
      }
      most_pages_ = std::max(most_pages_, static_cast<std::int32_t>(group.pages.size()));
    }
    listed.emplace_back(all.begin(), all.end());
    for (CaseGroup& group : groups) {
      for (const ops::AttendedPage& page : group.pages) {
        const auto at = std::ranges::find(listed.back(), page.first_position / shape.page_size);
        group.columns.push_back(static_cast<std::int32_t>(at - listed.back().begin()));
      }
    }
    tables.push_back(std::move(groups));
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(physical_));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  rng.shuffle(order);
  for (auto& groups : tables) {
    for (CaseGroup& group : groups) {
      for (auto& page : group.pages) page.physical = order[static_cast<std::size_t>(page.physical)];
    }
  }
}

void PagedCase::draw_memory(Rng& rng) {
  const std::int64_t block = layout().block_bytes();
  const std::int32_t heads_in_page = shape.per_head ? 1 : shape.kv_heads;
  page_stride_ = heads_in_page * block;
  const std::int64_t plane = std::int64_t{std::max(physical_, 1)} * page_stride_;
  for (std::int32_t layer = 0; layer < kLayers; ++layer) {
    for (std::int32_t head = 0; head < shape.kv_heads; ++head) {
      plane_offsets_.push_back(layer * plane + (shape.per_head ? 0 : head * block));
      group_of_.push_back(shape.per_head ? head : 0);
    }
  }
  host_memory_.assign(static_cast<std::size_t>(kLayers * plane), std::byte{0xff});
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    for (std::int32_t head = 0; head < shape.kv_heads; ++head) {
      for (const ops::AttendedPage& page : group_of(c, head).pages) {
        std::byte* at = host_memory_.data() +
                        plane_offsets_[static_cast<std::size_t>(kLayer * shape.kv_heads + head)] +
                        page.physical * page_stride_;
        for (std::int32_t slot = 0; slot < shape.page_size; ++slot) {
          if ((page.live >> slot & 1) == 0) continue;
          for (const int part : {0, 1}) {
            write_part(layout(), at, part, slot,
                       random_floats(rng, static_cast<std::size_t>(shape.head_dim)));
          }
        }
      }
    }
  }
}

void PagedCase::upload_rest() {
  std::vector<gpu::PageRange> ranges;
  std::vector<ops::AttendedPage> pages;
  std::vector<std::int32_t> columns;
  std::vector<std::int32_t> row_chunks;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    for (const CaseGroup& group : tables[c]) {
      ranges.push_back(
          {static_cast<std::int32_t>(pages.size()), static_cast<std::int32_t>(group.pages.size())});
      pages.insert(pages.end(), group.pages.begin(), group.pages.end());
      columns.insert(columns.end(), group.columns.begin(), group.columns.end());
    }
    row_chunks.insert(row_chunks.end(), static_cast<std::size_t>(std::max(chunks[c].rows, 1)),
                      static_cast<std::int32_t>(c));
    views.push_back({.first_row = first_rows[c],
                     .rows = chunks[c].rows,
                     .first_position = chunks[c].context - chunks[c].rows,
                     .capture_rows = chunks[c].capture_rows,
                     .listed = static_cast<std::int32_t>(listed[c].size()),
                     .capture = {}});
  }
  range_buffer_ = upload(ranges);
  page_buffer_ = upload(pages);
  column_buffer_ = upload(columns);
  row_chunk_buffer_ = upload(row_chunks);
  plane_buffer_ = upload(plane_offsets_);
  group_buffer_ = upload(group_of_);
  threshold_buffer_ = upload(thresholds);
  memory = upload(host_memory_);
  sink_buffer = upload(sinks);
  query_buffer = shape.element == gpu::Element::f32 ? upload(queries) : upload(to_bf16(queries));
  upload_views();
}

void PagedCase::upload_views() { view_buffer_ = upload(views); }

gpu::BatchView PagedCase::batch() const {
  gpu::BatchView view;
  view.chunks = view_buffer_.as<gpu::ChunkView>();
  for (const CaseChunk& chunk : chunks) {
    (chunk.rows <= 1 ? view.decode_chunks : view.prefill_chunks) += 1;
    if (chunk.rows > 1) view.most_prefill_rows = std::max(view.most_prefill_rows, chunk.rows);
  }
  view.rows = rows;
  view.most_pages = most_pages_;
  view.row_chunks = row_chunk_buffer_.as<std::int32_t>();
  view.ranges = range_buffer_.as<gpu::PageRange>();
  view.pages = page_buffer_.as<ops::AttendedPage>();
  view.columns = column_buffer_.as<std::int32_t>();
  view.thresholds = threshold_buffer_.as<float>();
  return view;
}

gpu::KvView PagedCase::kv() const {
  return {.layout = layout(),
          .layers = kLayers,
          .kv_heads = shape.kv_heads,
          .query_heads = query_heads(),
          .groups = groups(),
          .memory = memory.data(),
          .page_stride = page_stride_,
          .plane_offsets = plane_buffer_.as<std::int64_t>(),
          .group_of = group_buffer_.as<std::int32_t>()};
}

std::pair<std::vector<float>, std::vector<float>> PagedCase::entry(std::size_t chunk,
                                                                   std::int32_t kv_head,
                                                                   std::int32_t position) const {
  for (const ops::AttendedPage& page : group_of(chunk, kv_head).pages) {
    const std::int32_t slot = position - page.first_position;
    if (slot < 0 || slot >= shape.page_size || (page.live >> slot & 1) == 0) continue;
    const std::byte* at =
        host_memory_.data() +
        plane_offsets_[static_cast<std::size_t>(kLayer * shape.kv_heads + kv_head)] +
        page.physical * page_stride_;
    return {read_part(layout(), at, 0, slot), read_part(layout(), at, 1, slot)};
  }
  return {};
}

std::vector<float> PagedCase::query(std::int32_t row, std::int32_t head) const {
  const auto first = queries.begin() + row * query_stride() + head * shape.head_dim;
  return {first, first + shape.head_dim};
}

TEST_CASE("A paged case gives back what it stored, and nothing where a token is gone") {
  const PagedCase paged({.holes = 0.5}, {{1, 40}}, 3);
  int live = 0;
  for (std::int32_t position = 0; position < 40; ++position) {
    live += paged.entry(0, 1, position).first.empty() ? 0 : 1;
  }
  CHECK(live > 5);
  CHECK(live < 35);
  CHECK(paged.entry(0, 1, 39).first.size() == 16);
}

}  // namespace pagequest::gpu_test
