// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/page_table.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "engine/kv/matching_bits.h"

namespace pagequest::kv {
namespace {

/// Bits [first, end) of a 64-bit mask.
std::uint64_t bits(std::int32_t first, std::int32_t end) {
  if (first >= end) return 0;
  const std::uint64_t below_end = end >= 64 ? ~0ULL : (1ULL << end) - 1;
  return below_end & ~((1ULL << first) - 1);
}

}  // namespace

PageTable::PageTable(PagePool& pool, std::int32_t page_size) : pool_(&pool), page_size_(page_size) {
  PQ_CHECK(page_size >= 1 && page_size <= 64, "a page holds 1 to 64 tokens");
}

PageTable::~PageTable() { clear(); }

PageTable::PageTable(PageTable&& other) noexcept
    : pool_(other.pool_),
      page_size_(other.page_size_),
      next_position_(other.next_position_),
      live_tokens_(std::exchange(other.live_tokens_, 0)),
      slots_(std::exchange(other.slots_, {})),
      holed_(std::exchange(other.holed_, {})),
      lost_tokens_(std::exchange(other.lost_tokens_, 0)) {}

PageTable& PageTable::operator=(PageTable&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(page_size_, other.page_size_);
  std::swap(next_position_, other.next_position_);
  std::swap(live_tokens_, other.live_tokens_);
  std::swap(slots_, other.slots_);
  std::swap(holed_, other.holed_);
  std::swap(lost_tokens_, other.lost_tokens_);
  return *this;
}

bool PageTable::writes_shared_page() const {
  const std::size_t page = static_cast<std::size_t>(next_position_ / page_size_);
  if (page >= slots_.size() || slots_[page].physical.value < 0) return false;
  return pool_->references(slots_[page].physical) > 1;
}

std::int32_t PageTable::pages_needed(std::int32_t tokens) const {
  if (tokens <= 0) return 0;
  const std::int32_t first = next_position_ / page_size_;
  const std::int32_t last = (next_position_ + tokens - 1) / page_size_;
  const std::size_t at = static_cast<std::size_t>(first);
  const bool present = at < slots_.size() && slots_[at].physical.value >= 0;
  return last - first + (present && !writes_shared_page() ? 0 : 1);
}

void PageTable::take(PageSlot& slot) {
  slot.physical = pool_->allocate();
  PQ_CHECK(slot.physical.value >= 0, "the caller made sure that the pool has enough free pages");
}

std::vector<PageCopy> PageTable::append(std::int32_t tokens) {
  std::vector<PageCopy> copies;
  if (tokens > 0 && writes_shared_page()) {
    PageSlot& slot = slots_[static_cast<std::size_t>(next_position_ / page_size_)];
    const PageId shared = slot.physical;
    take(slot);
    pool_->release(shared);
    copies.push_back({shared, slot.physical});
  }
  const std::int32_t end = next_position_ + tokens;
  while (next_position_ < end) {
    const std::int32_t page = next_position_ / page_size_;
    const std::int32_t base = page * page_size_;
    const std::int32_t stop = std::min(end, base + page_size_);
    const std::size_t at = static_cast<std::size_t>(page);
    if (at >= slots_.size()) slots_.resize(at + 1);
    if (slots_[at].physical.value < 0) take(slots_[at]);
    slots_[at].live |= bits(next_position_ - base, stop - base);
    slots_[at].rows |= bits(next_position_ - base, stop - base);
    live_tokens_ += stop - next_position_;
    next_position_ = stop;
  }
  return copies;
}

Dropped PageTable::evict(TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.count >= 0 && span.end() <= next_position_,
           "only positions that were filled can be evicted");
  Dropped dropped;
  for (std::int32_t page = span.first / page_size_; page * page_size_ < span.end(); ++page) {
    PageSlot& slot = slots_[static_cast<std::size_t>(page)];
    const std::int32_t base = page * page_size_;
    const std::uint64_t victims =
        slot.live & bits(std::max(span.first - base, 0), std::min(span.end() - base, page_size_));
    if (victims == 0) continue;
    dropped.tokens += std::popcount(victims);
    const bool was_whole = slot.live == bits(0, std::min(next_position_ - base, page_size_));
    if (was_whole) holed_.push_back(page);
    slot.rows &= ~matching_bits(victims, slot.live, slot.rows);
    slot.live &= ~victims;
    if (slot.live != 0) continue;
    pool_->release(std::exchange(slot.physical, PageId{}));
    dropped.free_pages.push_back(page);
  }
  live_tokens_ -= dropped.tokens;
  lost_tokens_ += dropped.tokens;
  return dropped;
}

bool PageTable::is_closed(std::int32_t page) const { return page < next_position_ / page_size_; }

std::vector<std::pair<PageId, std::int32_t>> PageTable::closed_holed_pages() {
  const auto slot_of = [this](std::int32_t page) -> const PageSlot& {
    return slots_[static_cast<std::size_t>(page)];
  };
  std::erase_if(holed_, [&](auto page) { return is_closed(page) && slot_of(page).live == 0; });
  std::vector<std::pair<PageId, std::int32_t>> pages;
  for (const std::int32_t page : holed_) {
    if (is_closed(page)) pages.emplace_back(slot_of(page).physical, page);
  }
  std::ranges::sort(pages);
  return pages;
}

std::vector<SparsePage> PageTable::own_sparse_pages() {
  std::vector<SparsePage> pages;
  const auto holed = closed_holed_pages();
  for (auto at = holed.begin(); at != holed.end();) {
    const auto& [physical, first] = *at;
    SparsePage page{.logical = first, .physical = physical, .rows = 0, .movable = false};
    std::int32_t references = 0;
    for (; at != holed.end() && at->first == page.physical; ++at, ++references) {
      page.rows |= slots_[static_cast<std::size_t>(at->second)].rows;
    }
    page.movable = references == 1;
    if (pool_->references(page.physical) == references) pages.push_back(page);
  }
  std::ranges::sort(pages, {}, &SparsePage::logical);
  return pages;
}

std::vector<RowMove> PageTable::compact() {
  std::vector<RowMove> moves;
  // A policy that evicts a token in every step must not pay for all pages in every step.
  constexpr std::int64_t kPagesPerLoss = 16;
  if (lost_tokens_ == 0 || kPagesPerLoss * lost_tokens_ < std::ssize(holed_)) return moves;
  lost_tokens_ = 0;
  const std::vector<SparsePage> pages = own_sparse_pages();
  for (const Merge& merge : plan_merges(pages, page_size_)) {
    PageSlot& slot = slots_[static_cast<std::size_t>(pages[merge.from].logical)];
    const PageId to = pages[merge.to].physical;
    pool_->retain(to);
    pool_->release(slot.physical);
    moves.push_back({slot.physical, to, slot.rows, merge.rows});
    slot.physical = to;
    slot.rows = merge.rows;
  }
  return moves;
}

void PageTable::share(std::span<const PageId> pages) {
  PQ_CHECK(next_position_ == 0, "pages are shared with a table that has none");
  for (const PageId page : pages) {
    pool_->retain(page);
    slots_.push_back({page, bits(0, page_size_), bits(0, page_size_)});
  }
  next_position_ = static_cast<std::int32_t>(pages.size()) * page_size_;
  live_tokens_ = next_position_;
}

PageTable PageTable::fork() const {
  PageTable child(*pool_, page_size_);
  child.next_position_ = next_position_;
  child.live_tokens_ = live_tokens_;
  child.slots_ = slots_;
  child.holed_ = holed_;
  for (const PageSlot& slot : slots_) {
    if (slot.physical.value >= 0) pool_->retain(slot.physical);
  }
  return child;
}

void PageTable::clear() {
  for (PageSlot& slot : slots_) {
    if (slot.physical.value >= 0) pool_->release(slot.physical);
    slot = PageSlot{};
  }
  live_tokens_ = 0;
  holed_.clear();
  if (next_position_ % page_size_ != 0) holed_.push_back(next_position_ / page_size_);
}

std::int32_t PageTable::live_tokens_before(std::int32_t position) const {
  std::int32_t sum = 0;
  for (std::size_t page = 0; page < slots_.size(); ++page) {
    const std::int32_t base = static_cast<std::int32_t>(page) * page_size_;
    if (base >= position) break;
    sum += std::popcount(slots_[page].live & bits(0, std::min(position - base, page_size_)));
  }
  return sum;
}

}  // namespace pagequest::kv
