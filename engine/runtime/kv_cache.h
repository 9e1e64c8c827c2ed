// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "engine/kv/page_table.h"
#include "engine/ops/cpu/float_buffer.h"
#include "engine/ops/cpu/kv_layout.h"

namespace pagequest::runtime {

/// Keys and values of all physical pages, (layer, page) blocks of ops::KvLayout. A page is the same
/// page in every layer and KV head.
class KvCache {
 public:
  KvCache(std::int32_t layers, std::int32_t pages, const ops::KvLayout& layout);

  [[nodiscard]] const ops::KvLayout& layout() const { return layout_; }
  /// Block of (layer, page 0, head); the next page's is page_floats() further.
  [[nodiscard]] float* blocks(std::int32_t layer, std::int64_t kv_head);
  [[nodiscard]] float* block(std::int32_t layer, PageId page, std::int64_t kv_head);

  /// Copies a whole page in every layer.
  void copy(const kv::PageCopy& copy);

 private:
  std::int32_t layers_;
  std::int64_t pages_;
  ops::KvLayout layout_;
  ops::FloatBuffer memory_;
};

}  // namespace pagequest::runtime
