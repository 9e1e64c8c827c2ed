// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/kv_cache.h"

#include <algorithm>
#include <bit>

namespace pagequest::runtime {

KvCache::KvCache(const KvGroups& groups, std::int32_t pages, const ops::KvLayout& layout,
                 bool with_bounds)
    : groups_(groups),
      pages_(pages),
      layout_(layout),
      heads_in_group_(static_cast<std::int64_t>(groups.groups().front().kv_heads.size())),
      memory_(pages * page_bytes()) {
  if (!with_bounds) return;
  bounds_.emplace(groups.planes(), pages, static_cast<std::int32_t>(layout.head_dim));
}

std::byte* KvCache::blocks(std::int32_t layer, std::int32_t kv_head) {
  return plane(groups_.plane_of(layer, kv_head), PageId{0});
}

std::byte* KvCache::block(std::int32_t layer, PageId page, std::int32_t kv_head) {
  return plane(groups_.plane_of(layer, kv_head), page);
}

std::byte* KvCache::plane(std::int64_t index, PageId page) {
  const std::int64_t layer = index / heads_in_group_;
  const std::int64_t head = index % heads_in_group_;
  return memory_.data() + (layer * pages_ + page.value) * page_stride_bytes() +
         head * layout_.block_bytes();
}

std::int64_t KvCache::page_stride_bytes() const { return heads_in_group_ * layout_.block_bytes(); }

std::int64_t KvCache::page_bytes() const { return groups_.planes() * layout_.block_bytes(); }

void KvCache::copy(const kv::PageCopy& copy) {
  for (std::int64_t first = 0; first < groups_.planes(); first += heads_in_group_) {
    std::copy_n(plane(first, copy.from), page_stride_bytes(), plane(first, copy.to));
  }
  if (bounds_) bounds_->copy(copy);
}

void KvCache::move(const kv::RowMove& move) {
  for (std::int64_t index = 0; index < groups_.planes(); ++index) {
    std::uint64_t to = move.to_rows;
    for (std::uint64_t from = move.from_rows; from != 0; from &= from - 1, to &= to - 1) {
      layout_.move(plane(index, move.from), std::countr_zero(from), plane(index, move.to),
                   std::countr_zero(to));
    }
  }
  if (bounds_) bounds_->move(move);
}

}  // namespace pagequest::runtime
