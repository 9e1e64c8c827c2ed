// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/scoped_tokens.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pagequest::kv {

ScopedTokens::ScopedTokens(std::int32_t page_size, std::int32_t scopes)
    : in_scope_(static_cast<std::size_t>(scopes), LiveTokens(page_size)), any_(page_size) {
  PQ_CHECK(scopes >= 1, "somebody holds the tokens");
}

void ScopedTokens::fill(TokenSpan span) {
  for (LiveTokens& tokens : in_scope_) tokens.fill(span);
  if (scopes() == 1) return;
  any_.fill(span);
  holders_.resize(holders_.size() + static_cast<std::size_t>(span.count), scopes());
}

GoneTokens ScopedTokens::drop_from(LiveTokens& tokens, TokenSpan span) const {
  GoneTokens gone{.span = span, .tokens = 0, .free_pages = {}};
  const std::int32_t size = tokens.page_size();
  const std::int32_t filled = std::min(span.end(), tokens.next_position());
  for (std::int32_t page = span.first / size; page * size < filled; ++page) {
    const std::int32_t first = std::max(span.first, page * size);
    const std::int32_t end = std::min(filled, (page + 1) * size);
    const std::int32_t dropped = tokens.evict({.first = first, .count = end - first});
    gone.tokens += dropped;
    if (dropped > 0 && tokens.in_page(page) == 0) gone.free_pages.push_back(page);
  }
  return gone;
}

TakenTokens ScopedTokens::evict(std::int32_t scope, TokenSpan span) {
  PQ_CHECK(scope >= 0 && scope < scopes(), "the scope is one of those that hold tokens");
  LiveTokens& tokens = in_scope_[static_cast<std::size_t>(scope)];
  TakenTokens taken;
  if (scopes() == 1) {
    taken.gone.push_back(drop_from(tokens, span));
    taken.tokens = taken.gone[0].tokens;
    if (taken.tokens == 0) taken.gone.clear();
    return taken;
  }
  release(tokens, span, taken.gone);
  taken.tokens = tokens.evict(span);
  return taken;
}

void ScopedTokens::release(const LiveTokens& scope, TokenSpan span, std::vector<GoneTokens>& gone) {
  const std::int32_t end = std::min(span.end(), scope.next_position());
  std::int32_t run = 0;
  for (std::int32_t position = std::max(span.first, 0); position < end; ++position) {
    const bool last = scope.holds(position) && --holders_[static_cast<std::size_t>(position)] == 0;
    if (last) ++run;
    if (run > 0 && (!last || position + 1 == end)) {
      const std::int32_t behind = last ? position + 1 : position;
      const TokenSpan part{.first = behind - run, .count = run};
      gone.push_back(drop_from(any_, part));
      run = 0;
    }
  }
}

GoneTokens ScopedTokens::evict_all(TokenSpan span) {
  if (scopes() == 1) return drop_from(in_scope_[0], span);
  drop_holders(span);
  return drop_from(any_, span);
}

void ScopedTokens::drop_holders(TokenSpan span) {
  for (LiveTokens& tokens : in_scope_) tokens.evict(span);
  const std::int32_t end = std::min(span.end(), any_.next_position());
  for (std::int32_t position = std::max(span.first, 0); position < end; ++position) {
    holders_[static_cast<std::size_t>(position)] = 0;
  }
}

void ScopedTokens::forget(std::int32_t scope, TokenSpan span) {
  PQ_CHECK(scope >= 0 && scope < scopes(), "the scope is one of those that hold tokens");
  LiveTokens& tokens = in_scope_[static_cast<std::size_t>(scope)];
  const std::int32_t end = scopes() == 1 ? 0 : std::min(span.end(), tokens.next_position());
  for (std::int32_t position = std::max(span.first, 0); position < end; ++position) {
    if (!tokens.holds(position)) continue;
    const bool last = --holders_[static_cast<std::size_t>(position)] == 0;
    if (last) any_.evict({.first = position, .count = 1});
  }
  tokens.evict(span);
}

void ScopedTokens::forget_all(TokenSpan span) {
  if (scopes() == 1) {
    in_scope_[0].evict(span);
    return;
  }
  drop_holders(span);
  any_.evict(span);
}

void ScopedTokens::split(std::int32_t scopes_wanted) {
  PQ_CHECK(scopes() == 1 && scopes_wanted >= 1, "scopes are split once");
  const LiveTokens whole = in_scope_[0];
  any_ = whole;
  holders_.assign(static_cast<std::size_t>(whole.next_position()), 0);
  for (std::int32_t position = 0; position < whole.next_position(); ++position) {
    if (whole.holds(position)) holders_[static_cast<std::size_t>(position)] = scopes_wanted;
  }
  in_scope_.assign(static_cast<std::size_t>(scopes_wanted), whole);
}

}  // namespace pagequest::kv
