// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/events.h"
#include "engine/kv/live_tokens.h"

namespace pagequest::kv {

/// Tokens that no scope holds any more.
struct GoneTokens {
  TokenSpan span;
  std::int32_t tokens = 0;               // of the span that some scope held until now
  std::vector<std::int32_t> free_pages;  // without a token that any scope holds, ascending
};

/// What an eviction took.
struct TakenTokens {
  std::int32_t tokens = 0;       // live in the scope
  std::vector<GoneTokens> gone;  // ascending
};

/// The live tokens of one sequence in each of some scopes (layers, heads, KV groups), and of the
/// whole: there a token is live until the last scope has lost it.
class ScopedTokens {
 public:
  ScopedTokens(std::int32_t page_size, std::int32_t scopes);

  /// `span` continues at next_position(), in every scope.
  void fill(TokenSpan span);
  /// Drops the live tokens of the span from one scope.
  TakenTokens evict(std::int32_t scope, TokenSpan span);
  /// From all scopes. `tokens` counts those that any scope held; `gone` is one span.
  GoneTokens evict_all(TokenSpan span);
  /// The same as evict() and evict_all() for who needs no account of what went; no allocation.
  void forget(std::int32_t scope, TokenSpan span);
  void forget_all(TokenSpan span);
  /// As many scopes as that, from one; they are alike then.
  void split(std::int32_t scopes);

  [[nodiscard]] std::int32_t scopes() const { return static_cast<std::int32_t>(in_scope_.size()); }
  [[nodiscard]] const LiveTokens& of(std::int32_t scope) const {
    return in_scope_[static_cast<std::size_t>(scope)];
  }
  /// Of the whole.
  [[nodiscard]] const LiveTokens& any() const { return scopes() == 1 ? in_scope_[0] : any_; }

 private:
  [[nodiscard]] GoneTokens drop_from(LiveTokens& tokens, TokenSpan span) const;
  /// No scope holds the live tokens of `span` any more; for more than one scope.
  void drop_holders(TokenSpan span);
  /// One holder less for the live tokens of `span` in `scope`; joins what is gone.
  void release(const LiveTokens& scope, TokenSpan span, std::vector<GoneTokens>& gone);

  std::vector<LiveTokens> in_scope_;
  LiveTokens any_;                     // unused with one scope
  std::vector<std::int32_t> holders_;  // (position): scopes that hold it; unused with one scope
};

}  // namespace pagequest::kv
