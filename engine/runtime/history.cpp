// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/history.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace pagequest::runtime {
History::History(const KvGroups& groups, std::int32_t page_size)
    : groups_(&groups), live_(page_size, 1) {}

void History::append(std::span<const std::int32_t> tokens) {
  live_.fill({.first = next_position(), .count = static_cast<std::int32_t>(tokens.size())});
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

kv::GoneTokens History::evict(TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.end() <= next_position(), "only what was computed is evicted");
  evictions_.push_back({.position = next_position(), .group = {}, .span = span});
  return live_.evict_all(span);
}

kv::TakenTokens History::evict(std::int32_t group, TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.end() <= next_position(), "only what was computed is evicted");
  PQ_CHECK(group >= 0 && group < groups_->count(), "the model has this KV group");
  evictions_.push_back({.position = next_position(), .group = group, .span = span});
  if (live_.scopes() == 1 && groups_->count() > 1) live_.split(groups_->count());
  return live_.evict(group, span);
}

std::int32_t History::first_in_window() const {
  const std::int32_t window = groups_->widest_window();
  return window == 0 ? 0 : std::max(0, next_position() - window + 1);
}

std::int32_t History::live_tokens(std::int32_t first) const {
  first = std::max(first, first_in_window());
  if (first == 0) return live_.any().total();
  return live_.any().in({.first = first, .count = next_position() - first});
}

std::int32_t History::live_pages() const {
  const std::int32_t first = first_in_window();
  const kv::LiveTokens& live = live_.any();
  std::int32_t count = 0;
  for (std::int32_t page = first / live.page_size(); page < live.pages(); ++page) {
    TokenSpan span = live.span_of_page(page);
    if (page * live.page_size() < first) {
      span = {.first = first, .count = span.end() - first};
    }
    if (live.in(span) > 0) ++count;
  }
  return count;
}

}  // namespace pagequest::runtime
