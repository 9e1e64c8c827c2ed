// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/key_bounds.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>

namespace pagequest::runtime {
namespace {

/// Bounds over some rows of one block.
void add_block(const ops::KvLayout& layout, const std::byte* block, std::uint64_t rows,
               std::span<float> lowest, std::span<float> highest) {
  std::vector<float> key(lowest.size());
  bool first = true;
  for (std::uint64_t left = rows; left != 0; left &= left - 1) {
    layout.read(block, std::countr_zero(left), key.data(), nullptr);
    for (std::size_t i = 0; i < key.size(); ++i) {
      lowest[i] = first ? key[i] : std::min(lowest[i], key[i]);
      highest[i] = first ? key[i] : std::max(highest[i], key[i]);
    }
    first = false;
  }
}

}  // namespace

KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page, KvCache& cache,
                     const model::ModelConfig& model) {
  const auto head_dim = static_cast<std::size_t>(model.head_dim);
  const std::size_t heads =
      static_cast<std::size_t>(model.layers) * static_cast<std::size_t>(model.kv_heads);
  KeyBounds bounds{.lowest = std::vector<float>(heads * head_dim),
                   .highest = std::vector<float>(heads * head_dim)};
  std::size_t at = 0;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    for (std::int32_t head = 0; head < model.kv_heads; ++head) {
      const auto group = static_cast<std::size_t>(cache.groups().group_of(layer, head));
      const kv::PageSlot& slot = tables.tables()[group].slots()[static_cast<std::size_t>(page)];
      if (slot.live != 0) {
        add_block(cache.layout(), cache.block(layer, slot.physical, head), slot.rows,
                  std::span(bounds.lowest).subspan(at, head_dim),
                  std::span(bounds.highest).subspan(at, head_dim));
      }
      at += head_dim;
    }
  }
  return bounds;
}

}  // namespace pagequest::runtime
