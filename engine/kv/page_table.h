// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"
#include "base/ids.h"
#include "engine/kv/page_pool.h"

namespace pagequest::kv {

/// One logical page of a sequence.
struct PageSlot {
  PageId physical;         // value -1 when no live token is left
  std::uint64_t live = 0;  // bit i: the token at position page * page_size + i
};

/// The content of `from` must be copied to `to` before `to` is written.
struct PageCopy {
  PageId from;
  PageId to;
};

struct Dropped {
  std::int32_t tokens = 0;               // that were live
  std::vector<std::int32_t> free_pages;  // logical pages without a live token now, ascending
};

/// Where the keys and values of one sequence live: logical page -> physical page and live tokens.
/// Positions are never reused and evictions leave holes, so a logical page names the same tokens
/// for ever. A table whose page is shared with another one copies it before it writes.
///
/// Owns one reference of each physical page in it. The pool must outlive the table.
class PageTable {
 public:
  /// `page_size` in tokens, 1 to 64.
  PageTable(PagePool& pool, std::int32_t page_size);
  ~PageTable();
  PageTable(PageTable&& other) noexcept;
  PageTable& operator=(PageTable&& other) noexcept;
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  /// Free pages of the pool that append(tokens) takes, a copy on write included.
  [[nodiscard]] std::int32_t pages_needed(std::int32_t tokens) const;

  /// Makes the next `tokens` positions live; the pool must have pages_needed(tokens) free pages.
  /// Returns what the caller must copy first: at most one page, the partial last one.
  std::vector<PageCopy> append(std::int32_t tokens);

  /// Drops the live tokens of `span`, which must lie below next_position().
  Dropped evict(TokenSpan span);

  /// Begins an empty table with full pages that others filled: takes a reference of each.
  void share(std::span<const PageId> pages);

  /// A table with the same content that shares every page.
  [[nodiscard]] PageTable fork() const;

  /// Releases every page; the table is empty but keeps its next position.
  void clear();

  /// Logical pages from 0 to the last one that was ever written.
  [[nodiscard]] std::span<const PageSlot> slots() const { return slots_; }
  [[nodiscard]] std::int32_t page_size() const { return page_size_; }
  [[nodiscard]] std::int32_t next_position() const { return next_position_; }
  [[nodiscard]] std::int32_t live_tokens() const { return live_tokens_; }
  /// Live tokens at positions below `position`. Linear in the pages.
  [[nodiscard]] std::int32_t live_tokens_before(std::int32_t position) const;

 private:
  [[nodiscard]] bool writes_shared_page() const;
  void take(PageSlot& slot);

  PagePool* pool_;
  std::int32_t page_size_;
  std::int32_t next_position_ = 0;
  std::int32_t live_tokens_ = 0;
  std::vector<PageSlot> slots_;
};

}  // namespace pagequest::kv
