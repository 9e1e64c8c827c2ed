// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/page_reads.h"

#include <bit>
#include <cstddef>
#include <iterator>

#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

std::int32_t PageList::tokens() const {
  std::int32_t count = 0;
  for (const ops::AttendedPage& page : pages) count += std::popcount(page.live);
  return count;
}

PageList PageReads::of(const ForwardChunk& chunk, const GroupPages& group, const kv::KvHead& head,
                       const ops::Kernels& kernels, ops::PageBoundArgs bounds) {
  const auto [layer, kv_head] = head;
  if (chunk.reads == nullptr || chunk.reads->reads_all(layer)) return {group.pages, group.columns};
  list_pages(chunk, group);
  bounds_.clear();
  if (chunk.reads->ranks(layer, kv_head)) {
    bounds_.resize(group.pages.size());
    bounds.pages = group.pages.data();
    bounds.page_count = std::ssize(group.pages);
    bounds.out = bounds_.data();
    kernels.page_bounds(bounds);
  }
  chunk.reads->choose(layer, kv_head, logical_, bounds_, chosen_);
  return gather(group);
}

void PageReads::list_pages(const ForwardChunk& chunk, const GroupPages& group) {
  logical_.clear();
  for (const std::int32_t column : group.columns) {
    logical_.push_back(chunk.listed_pages[static_cast<std::size_t>(column)]);
  }
}

PageList PageReads::gather(const GroupPages& group) {
  pages_.clear();
  columns_.clear();
  for (const std::int32_t index : chosen_) {
    pages_.push_back(group.pages[static_cast<std::size_t>(index)]);
    columns_.push_back(group.columns[static_cast<std::size_t>(index)]);
  }
  return {pages_, columns_};
}

}  // namespace pagequest::runtime
