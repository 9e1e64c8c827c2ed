// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/events.h"
#include "base/ids.h"
#include "engine/kv/page_pool.h"
#include "engine/kv/plan_merges.h"

namespace pagequest::kv {

/// One logical page of a sequence. The j-th live token lies in the j-th of its rows; unless the
/// page was compacted, rows and live are the same bits.
struct PageSlot {
  PageId physical;         // value -1 when no live token is left
  std::uint64_t live = 0;  // bit i: the token at position page * page_size + i
  std::uint64_t rows = 0;  // bit r: row r of the physical page
};

/// The content of `from` must be copied to `to` before `to` is written.
struct PageCopy {
  PageId from;
  PageId to;
};

/// The rows `from_rows` of `from` must be moved to `to_rows` of `to`, the j-th to the j-th, before
/// either page is written.
struct RowMove {
  PageId from;
  PageId to;
  std::uint64_t from_rows;
  std::uint64_t to_rows;  // as many
};

struct Dropped {
  std::int32_t tokens = 0;               // that were live
  std::vector<std::int32_t> free_pages;  // logical pages without a live token now, ascending
};

/// Where the keys and values of one sequence live: logical page -> physical page and live tokens.
/// Positions are never reused and evictions leave holes, so a logical page names the same tokens
/// for ever. A table whose page is shared with another one copies it before it writes.
///
/// Owns one reference of each physical page for each logical page in it. The pool must outlive the
/// table.
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

  /// Lets logical pages share physical ones, so that holes become free pages: sparse pages move
  /// into free rows of others (plan_merges). Takes part what no other table and no cache refers to
  /// and no token can be added to, so the page that is being filled is left alone. Returns what the
  /// caller must move first, in any order: no page is both the source and the target of moves.
  ///
  /// Looks at the n pages with holes, in n log n time, once n / 16 tokens (and at least one) were
  /// evicted since it last did; does nothing else.
  [[nodiscard]] std::vector<RowMove> compact();

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
  /// Whether no token can be added to a logical page.
  [[nodiscard]] bool is_closed(std::int32_t page) const;
  /// The closed pages with holes that hold something, by physical and then by logical page.
  [[nodiscard]] std::vector<std::pair<PageId, std::int32_t>> closed_holed_pages();
  /// What compact() may touch, by logical page.
  [[nodiscard]] std::vector<SparsePage> own_sparse_pages();

  PagePool* pool_;
  std::int32_t page_size_;
  std::int32_t next_position_ = 0;
  std::int32_t live_tokens_ = 0;
  std::vector<PageSlot> slots_;
  std::vector<std::int32_t> holed_;  // logical pages that lost a token; some hold none any more
  std::int32_t lost_tokens_ = 0;     // since compact() last looked at the pages
};

}  // namespace pagequest::kv
