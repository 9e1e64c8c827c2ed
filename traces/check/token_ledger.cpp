// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/token_ledger.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::traces {

void TokenLedger::fill(std::int32_t count) {
  for (std::int32_t i = 0; i < count; ++i) {
    const std::size_t page = live_.size() / static_cast<std::size_t>(page_size_);
    if (page == live_in_page_.size()) live_in_page_.push_back(0);
    ++live_in_page_[page];
    live_.push_back(1);
  }
  live_tokens_ += count;
}

std::int32_t TokenLedger::evict(TokenSpan span) {
  std::int32_t evicted = 0;
  const std::int64_t end = std::int64_t{span.first} + span.count;
  for (std::int64_t position = std::max(span.first, 0);
       position < std::min<std::int64_t>(end, next_position()); ++position) {
    char& live = live_[static_cast<std::size_t>(position)];
    evicted += live;
    live_in_page_[static_cast<std::size_t>(position / page_size_)] -= live;
    live = 0;
  }
  live_tokens_ -= evicted;
  return evicted;
}

std::int32_t TokenLedger::next_position() const { return static_cast<std::int32_t>(live_.size()); }

std::int32_t TokenLedger::live_in(TokenSpan span) const {
  const std::int64_t end =
      std::min<std::int64_t>(std::int64_t{span.first} + span.count, next_position());
  std::int32_t live = 0;
  for (std::int64_t position = std::max(span.first, 0); position < end; ++position) {
    live += live_[static_cast<std::size_t>(position)];
  }
  return live;
}

bool TokenLedger::page_is_live(std::int32_t page) const {
  return page >= 0 && static_cast<std::size_t>(page) < live_in_page_.size() &&
         live_in_page_[static_cast<std::size_t>(page)] > 0;
}

std::vector<std::int32_t> TokenLedger::live_pages() const {
  std::vector<std::int32_t> pages;
  for (std::size_t page = 0; page < live_in_page_.size(); ++page) {
    if (live_in_page_[page] > 0) pages.push_back(static_cast<std::int32_t>(page));
  }
  return pages;
}

std::uint64_t TokenLedger::live_bits(std::int32_t page) const {
  std::uint64_t bits = 0;
  if (!page_is_live(page)) return bits;
  const std::int32_t first = page * page_size_;
  const std::int32_t count = std::min({page_size_, 64, next_position() - first});
  for (std::int32_t i = 0; i < count; ++i) {
    if (live_[static_cast<std::size_t>(first + i)] != 0) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

}  // namespace pagequest::traces
