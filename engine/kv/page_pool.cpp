// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/page_pool.h"

#include <cstddef>
#include <numeric>

#include "base/check.h"

namespace pagequest::kv {
namespace {

std::size_t index(PageId page) { return static_cast<std::size_t>(page.value); }

}  // namespace

PagePool::PagePool(std::int32_t pages) {
  PQ_CHECK(pages > 0, "a pool needs a page");
  references_.resize(static_cast<std::size_t>(pages));
  free_.resize(references_.size());
  std::iota(free_.rbegin(), free_.rend(), 0);
}

PageId PagePool::allocate() {
  if (free_.empty()) return PageId{};
  const PageId page{free_.back()};
  free_.pop_back();
  references_[index(page)] = 1;
  return page;
}

void PagePool::retain(PageId page) {
  PQ_CHECK(references(page) > 0, "only a page in use can be shared");
  ++references_[index(page)];
}

bool PagePool::release(PageId page) {
  PQ_CHECK(references(page) > 0, "a page is released once for each reference");
  if (--references_[index(page)] > 0) return false;
  free_.push_back(page.value);
  return true;
}

std::int32_t PagePool::references(PageId page) const {
  PQ_CHECK(page.value >= 0 && page.value < total_pages(), "the page belongs to another pool");
  return references_[index(page)];
}

std::int32_t PagePool::total_pages() const { return static_cast<std::int32_t>(references_.size()); }

std::int32_t PagePool::free_pages() const { return static_cast<std::int32_t>(free_.size()); }

bool PagePool::conserved() const {
  std::vector<bool> seen(references_.size(), false);
  for (const std::int32_t page : free_) {
    const std::size_t at = index(PageId{page});
    if (seen[at] || references_[at] != 0) return false;
    seen[at] = true;
  }
  std::int32_t used = 0;
  for (std::size_t i = 0; i < references_.size(); ++i) {
    if (references_[i] < 0 || (references_[i] == 0) != seen[i]) return false;
    if (references_[i] > 0) ++used;
  }
  return used == used_pages();
}

}  // namespace pagequest::kv
