// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/live_tokens.h"

#include <algorithm>

#include "base/check.h"

namespace pagequest::kv {

LiveTokens::LiveTokens(std::int32_t page_size) : page_size_(page_size) {
  PQ_CHECK(page_size > 0, "a page holds tokens");
}

void LiveTokens::fill(TokenSpan span) {
  PQ_CHECK(span.first == next_position() && span.count >= 0, "positions are filled in order");
  live_.resize(live_.size() + static_cast<std::size_t>(span.count), 1);
  const auto pages = (live_.size() + static_cast<std::size_t>(page_size_) - 1) /
                     static_cast<std::size_t>(page_size_);
  live_in_page_.resize(pages, 0);
  for (std::int32_t position = span.first; position < span.end(); ++position) {
    std::int32_t& live = live_in_page_[static_cast<std::size_t>(position / page_size_)];
    live_pages_ += live == 0 ? 1 : 0;
    ++live;
  }
  total_ += span.count;
}

std::int32_t LiveTokens::evict(TokenSpan span) {
  const TokenSpan part = filled_part(span);
  std::int32_t evicted = 0;
  for (std::int32_t position = part.first; position < part.end(); ++position) {
    std::uint8_t& live = live_[static_cast<std::size_t>(position)];
    if (live == 0) continue;
    ++evicted;
    std::int32_t& in_page = live_in_page_[static_cast<std::size_t>(position / page_size_)];
    live_pages_ -= --in_page == 0 ? 1 : 0;
    live = 0;
  }
  total_ -= evicted;
  return evicted;
}

std::int32_t LiveTokens::in(TokenSpan span) const {
  const TokenSpan part = filled_part(span);
  const auto begin = live_.begin() + part.first;
  return static_cast<std::int32_t>(std::count(begin, begin + part.count, std::uint8_t{1}));
}

TokenSpan LiveTokens::filled_part(TokenSpan span) const {
  const std::int32_t first = std::clamp(span.first, 0, next_position());
  const std::int32_t end = std::clamp(span.end(), first, next_position());
  return {.first = first, .count = end - first};
}

}  // namespace pagequest::kv
