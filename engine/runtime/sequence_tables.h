// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"
#include "engine/kv/page_pool.h"
#include "engine/kv/page_table.h"
#include "engine/runtime/kv_groups.h"

namespace pagequest::runtime {

/// The page tables of one sequence: one for each KV group, all at the same next position. What a
/// group's window has passed is dropped from its table only.
class SequenceTables {
 public:
  /// Both references must outlive the tables. `page_size` in tokens.
  SequenceTables(kv::PagePool& pool, const KvGroups& groups, std::int32_t page_size);

  [[nodiscard]] std::int32_t page_size() const { return page_size_; }
  [[nodiscard]] std::int32_t next_position() const { return tables_.front().next_position(); }
  [[nodiscard]] std::span<const kv::PageTable> tables() const { return tables_; }
  /// Whether a physical page is mapped.
  [[nodiscard]] bool hold_pages() const;

  /// Free pages of the pool that append(tokens) takes.
  [[nodiscard]] std::int32_t pages_needed(std::int32_t tokens) const;
  /// Makes the next positions live in every group; returns what must be copied first.
  [[nodiscard]] std::vector<kv::PageCopy> append(std::int32_t tokens);
  /// Drops the live tokens of `span` from every group, or from one.
  void evict(TokenSpan span);
  void evict(std::int32_t group, TokenSpan span);
  /// Drops from the groups with a window what no later query of theirs can see: a query at position
  /// p sees the positions above p - window.
  void leave_windows();

  /// kv::PageTable::compact() of the groups without a window: those with one see a page in parts,
  /// and free theirs soon anyway. Returns what must be moved first.
  [[nodiscard]] std::vector<kv::RowMove> compact();

  /// Begins empty tables with full pages that others filled: `pages` (page, KV group).
  void share(std::span<const std::span<const PageId>> pages);
  /// The physical page of a logical one in every group, empty unless each holds all its tokens.
  [[nodiscard]] std::vector<PageId> full_page(std::int32_t page) const;

  /// Tables with the same content that share every page.
  [[nodiscard]] SequenceTables fork() const;
  /// Gives every page back and begins again at position 0.
  void reset();

 private:
  kv::PagePool* pool_;
  const KvGroups* groups_;
  std::int32_t page_size_;
  std::vector<kv::PageTable> tables_;  // (KV group)
  std::vector<std::int32_t> left_;     // (KV group): positions below are outside of its window
};

}  // namespace pagequest::runtime
