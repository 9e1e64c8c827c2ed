// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/kv_cache.h"

#include <algorithm>

namespace pagequest::runtime {

KvCache::KvCache(std::int32_t layers, std::int32_t pages, const ops::KvLayout& layout)
    : layers_(layers),
      pages_(pages),
      layout_(layout),
      memory_(std::int64_t{layers} * pages * layout.page_floats()) {}

float* KvCache::blocks(std::int32_t layer, std::int64_t kv_head) {
  return block(layer, PageId{0}, kv_head);
}

float* KvCache::block(std::int32_t layer, PageId page, std::int64_t kv_head) {
  const std::int64_t index = layer * pages_ + page.value;
  return memory_.data() + index * layout_.page_floats() + kv_head * layout_.block_floats();
}

void KvCache::copy(const kv::PageCopy& copy) {
  for (std::int32_t layer = 0; layer < layers_; ++layer) {
    std::copy_n(block(layer, copy.from, 0), layout_.page_floats(), block(layer, copy.to, 0));
  }
}

}  // namespace pagequest::runtime
