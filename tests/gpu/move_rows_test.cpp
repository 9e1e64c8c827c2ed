// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/ops/cuda/kernels.h"
#include "tests/gpu/paged_case.h"
#include "tests/gpu/support.h"

namespace pagequest::gpu_test {
namespace {

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// Bytes of the rows' keys, values and scales: where they begin in a page, and how many.
std::vector<std::pair<std::int64_t, std::int64_t>> parts_of_row(const gpu::KvView& kv,
                                                                std::int64_t row) {
  const gpu::DeviceKvLayout& layout = kv.layout;
  const std::int64_t bytes = layout.element_bytes() * layout.head_dim;
  std::vector<std::pair<std::int64_t, std::int64_t>> parts;
  for (std::int64_t block = 0; block < kv.page_stride; block += layout.block_bytes()) {
    for (const std::int64_t part : {0, 1}) {
      parts.emplace_back(block + part * layout.values_offset() + row * bytes, bytes);
      if (layout.type != ops::KvType::int8) continue;
      parts.emplace_back(block + layout.scales_offset() + 4 * (part * layout.page_size + row), 4);
    }
  }
  return parts;
}

TEST_CASE("Moved rows keep their bytes in every layer and head, and nothing else changes") {
  const auto type = GENERATE(ops::KvType::f32, ops::KvType::bf16, ops::KvType::int8);
  const std::int32_t page_size = GENERATE(7, 64);
  PagedCase paged({.type = type, .page_size = page_size, .holes = 0}, {{1, 6 * page_size}}, 23);
  const gpu::KvView kv = paged.kv();
  const std::int64_t layer_stride = paged.memory.bytes() / PagedCase::kLayers;
  const auto moves = upload(std::vector<gpu::RowMove>{
      {.from = 0, .to = 3, .from_rows = 0b1001101, .to_rows = 0b0111001},
      {.from = 5, .to = 3, .from_rows = 0b0000010, .to_rows = 0b0000100}});
  const std::array<std::array<std::int64_t, 3>, 5> rows = {
      {{0, 0, 0}, {0, 2, 3}, {0, 3, 4}, {0, 6, 5}, {5, 1, 2}}};  // page and row, row of page 3
  const gpu::Stream stream;
  const auto before = download<std::byte>(paged.memory, at(paged.memory.bytes()), stream);
  auto expected = before;
  for (std::int64_t layer = 0; layer < PagedCase::kLayers; ++layer) {
    for (const auto& [page, from, to] : rows) {
      const auto old_parts = parts_of_row(kv, from);
      const auto parts = parts_of_row(kv, to);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::int64_t base = layer * layer_stride;
        std::copy_n(before.data() + base + page * kv.page_stride + old_parts[i].first,
                    parts[i].second, expected.data() + base + 3 * kv.page_stride + parts[i].first);
      }
    }
  }
  gpu::move_rows({.kv = kv,
                  .layers_in_group = PagedCase::kLayers,
                  .layer_stride = layer_stride,
                  .moves = moves.as<gpu::RowMove>(),
                  .count = 2},
                 stream);
  CHECK(download<std::byte>(paged.memory, at(paged.memory.bytes()), stream) == expected);
}

}  // namespace
}  // namespace pagequest::gpu_test
