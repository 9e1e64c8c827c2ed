// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/history.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace pagequest::runtime {
namespace {

/// Evicts, and says which pages have no live token since then.
kv::Dropped evict_from(kv::LiveTokens& live, TokenSpan span) {
  kv::Dropped dropped;
  const std::int32_t page_size = live.page_size();
  for (std::int32_t page = span.first / page_size; page * page_size < span.end(); ++page) {
    const std::int32_t first = std::max(span.first, page * page_size);
    const std::int32_t end = std::min(span.end(), (page + 1) * page_size);
    const std::int32_t tokens = live.evict({.first = first, .count = end - first});
    dropped.tokens += tokens;
    if (tokens > 0 && live.in_page(page) == 0) dropped.free_pages.push_back(page);
  }
  return dropped;
}

}  // namespace

History::History(const KvGroups& groups, std::int32_t page_size)
    : groups_(&groups), live_(page_size) {}

void History::append(std::span<const std::int32_t> tokens) {
  const TokenSpan span{.first = next_position(), .count = static_cast<std::int32_t>(tokens.size())};
  live_.fill(span);
  for (kv::LiveTokens& live : live_in_group_) live.fill(span);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

kv::Dropped History::evict(TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.end() <= next_position(), "only what was computed is evicted");
  evictions_.push_back({.position = next_position(), .group = {}, .span = span});
  for (kv::LiveTokens& live : live_in_group_) live.evict(span);
  return evict_from(live_, span);
}

kv::Dropped History::evict(std::int32_t group, TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.end() <= next_position(), "only what was computed is evicted");
  PQ_CHECK(group >= 0 && group < groups_->count(), "the model has this KV group");
  evictions_.push_back({.position = next_position(), .group = group, .span = span});
  if (live_in_group_.empty()) live_in_group_.assign(groups_->groups().size(), live_);
  live_in_group_[static_cast<std::size_t>(group)].evict(span);
  kv::Dropped dropped;
  for (std::int32_t position = span.first; position < span.end(); ++position) {
    const TokenSpan token{.first = position, .count = 1};
    const bool held = std::ranges::any_of(
        live_in_group_, [&](const kv::LiveTokens& live) { return live.in(token) > 0; });
    if (held) continue;
    const kv::Dropped one = evict_from(live_, token);
    dropped.tokens += one.tokens;
    dropped.free_pages.insert(dropped.free_pages.end(), one.free_pages.begin(),
                              one.free_pages.end());
  }
  return dropped;
}

std::int32_t History::first_in_window() const {
  const std::int32_t window = groups_->widest_window();
  return window == 0 ? 0 : std::max(0, next_position() - window + 1);
}

std::int32_t History::live_tokens(std::int32_t first) const {
  first = std::max(first, first_in_window());
  if (first == 0) return live_.total();
  return live_.in({.first = first, .count = next_position() - first});
}

std::int32_t History::live_pages() const {
  const std::int32_t first = first_in_window();
  std::int32_t count = 0;
  for (std::int32_t page = first / live_.page_size(); page < live_.pages(); ++page) {
    TokenSpan span = live_.span_of_page(page);
    if (page * live_.page_size() < first) {
      span = {.first = first, .count = span.end() - first};
    }
    if (live_.in(span) > 0) ++count;
  }
  return count;
}

}  // namespace pagequest::runtime
