// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/key_bounds.h"

#include <cstddef>
#include <span>

#include "engine/runtime/key_box.h"

namespace pagequest::runtime {
KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page, KvCache& cache,
                     const model::ModelConfig& model) {
  const auto head_dim = static_cast<std::size_t>(model.head_dim);
  const std::size_t heads =
      static_cast<std::size_t>(model.layers) * static_cast<std::size_t>(model.kv_heads);
  KeyBounds bounds{.lowest = std::vector<float>(heads * head_dim),
                   .highest = std::vector<float>(heads * head_dim)};
  std::vector<float> key(head_dim);
  std::size_t at = 0;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    for (std::int32_t head = 0; head < model.kv_heads; ++head) {
      const auto group = static_cast<std::size_t>(cache.groups().group_of(layer, head));
      const kv::PageSlot& slot = tables.tables()[group].slots()[static_cast<std::size_t>(page)];
      if (slot.live != 0) {
        const KeyBox box{.lowest = std::span(bounds.lowest).subspan(at, head_dim),
                         .highest = std::span(bounds.highest).subspan(at, head_dim)};
        box.take_rows(cache.layout(), cache.block(layer, slot.physical, head), slot.rows, true,
                      key);
      }
      at += head_dim;
    }
  }
  return bounds;
}

}  // namespace pagequest::runtime
