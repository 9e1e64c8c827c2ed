// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/sequence_tables.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace pagequest::runtime {

SequenceTables::SequenceTables(kv::PagePool& pool, const KvGroups& groups, std::int32_t page_size)
    : pool_(&pool), groups_(&groups), page_size_(page_size) {
  reset();
}

bool SequenceTables::hold_pages() const {
  return std::ranges::any_of(tables_, [](const auto& table) { return table.live_tokens() > 0; });
}

std::int32_t SequenceTables::pages_needed(std::int32_t tokens) const {
  std::int32_t pages = 0;
  for (const kv::PageTable& table : tables_) pages += table.pages_needed(tokens);
  return pages;
}

std::vector<kv::PageCopy> SequenceTables::append(std::int32_t tokens) {
  std::vector<kv::PageCopy> copies;
  for (kv::PageTable& table : tables_) {
    const auto more = table.append(tokens);
    copies.insert(copies.end(), more.begin(), more.end());
  }
  return copies;
}

void SequenceTables::evict(TokenSpan span) {
  for (kv::PageTable& table : tables_) table.evict(span);
}

void SequenceTables::evict(std::int32_t group, TokenSpan span) {
  tables_[static_cast<std::size_t>(group)].evict(span);
}

void SequenceTables::leave_windows() {
  for (std::int32_t group = 0; group < groups_->count(); ++group) {
    const auto at = static_cast<std::size_t>(group);
    const std::int32_t window = groups_->groups()[at].window;
    if (window == 0) continue;
    const std::int32_t passed = next_position() - window + 1;
    if (passed <= left_[at]) continue;
    tables_[at].evict({.first = left_[at], .count = passed - left_[at]});
    left_[at] = passed;
  }
}

std::vector<kv::RowMove> SequenceTables::compact() {
  std::vector<kv::RowMove> moves;
  for (std::size_t group = 0; group < tables_.size(); ++group) {
    if (groups_->groups()[group].window != 0) continue;
    const auto more = tables_[group].compact();
    moves.insert(moves.end(), more.begin(), more.end());
  }
  return moves;
}

void SequenceTables::share(std::span<const std::span<const PageId>> pages) {
  for (std::size_t group = 0; group < tables_.size(); ++group) {
    std::vector<PageId> of_group;
    for (const auto& page : pages) of_group.push_back(page[group]);
    tables_[group].share(of_group);
  }
}

std::vector<PageId> SequenceTables::full_page(std::int32_t page) const {
  std::vector<PageId> pages;
  for (const kv::PageTable& table : tables_) {
    const kv::PageSlot& slot = table.slots()[static_cast<std::size_t>(page)];
    if (std::popcount(slot.live) != page_size_) return {};
    pages.push_back(slot.physical);
  }
  return pages;
}

SequenceTables SequenceTables::fork() const {
  SequenceTables child(*pool_, *groups_, page_size_);
  for (std::size_t group = 0; group < tables_.size(); ++group) {
    child.tables_[group] = tables_[group].fork();
  }
  child.left_ = left_;
  return child;
}

void SequenceTables::reset() {
  tables_.clear();
  for (std::int32_t group = 0; group < groups_->count(); ++group) {
    tables_.emplace_back(*pool_, page_size_);
  }
  left_.assign(tables_.size(), 0);
}

}  // namespace pagequest::runtime
