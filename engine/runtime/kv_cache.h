// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "engine/kv/page_table.h"
#include "engine/ops/cpu/huge_buffer.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/page_bounds.h"

namespace pagequest::runtime {

/// Keys and values of all physical pages. A physical page is a block (ops::KvLayout) for each plane
/// of the KV group that it was allocated for; any group may use any page.
class KvCache {
 public:
  /// `groups` must outlive the cache. With bounds it keeps a box around each page's keys.
  KvCache(const KvGroups& groups, std::int32_t pages, const ops::KvLayout& layout,
          bool with_bounds = false);

  [[nodiscard]] const ops::KvLayout& layout() const { return layout_; }
  [[nodiscard]] const KvGroups& groups() const { return groups_; }
  /// Block of (layer, KV head) in page 0; the next page's is page_stride_bytes() further.
  [[nodiscard]] std::byte* blocks(std::int32_t layer, std::int32_t kv_head);
  [[nodiscard]] std::byte* block(std::int32_t layer, PageId page, std::int32_t kv_head);
  [[nodiscard]] std::int64_t page_stride_bytes() const;
  /// Null: not kept. Whoever stores a key takes it into its page's box.
  [[nodiscard]] PageBounds* bounds() { return bounds_ ? &*bounds_ : nullptr; }
  /// Memory of one physical page, without its boxes.
  [[nodiscard]] std::int64_t page_bytes() const;

  /// Copies a whole page, all planes.
  void copy(const kv::PageCopy& copy);
  /// Moves rows from page to page, all planes.
  void move(const kv::RowMove& move);

 private:
  [[nodiscard]] std::byte* plane(std::int64_t index, PageId page);

  const KvGroups& groups_;
  std::int64_t pages_;
  ops::KvLayout layout_;
  std::int64_t heads_in_group_;
  std::optional<PageBounds> bounds_;
  ops::HugeBuffer memory_;  // (layer of a group, page, KV head of a group) blocks
};

}  // namespace pagequest::runtime
