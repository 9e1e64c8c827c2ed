// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/events.h"
#include "engine/kv/scoped_tokens.h"
#include "engine/runtime/kv_groups.h"

namespace pagequest::runtime {

/// An eviction, and the position that came next when it was made.
struct Eviction {
  std::int32_t position;
  std::optional<std::int32_t> group;  // none: of all KV groups
  TokenSpan span;
};

/// What a sequence has computed and lost, whether or not it has its pages at the moment: enough to
/// recompute them. Says what events say: tokens that only left a layer's window count as live.
class History {
 public:
  /// `groups` must outlive the history.
  History(const KvGroups& groups, std::int32_t page_size);

  /// The next tokens were computed.
  void append(std::span<const std::int32_t> tokens);
  /// Drops the live tokens of `span`, which were computed, from every KV group.
  kv::GoneTokens evict(TokenSpan span);
  /// The same from one group; a token is live until no group holds it.
  kv::TakenTokens evict(std::int32_t group, TokenSpan span);

  [[nodiscard]] std::span<const std::int32_t> tokens() const { return tokens_; }
  [[nodiscard]] std::int32_t next_position() const { return live_.any().next_position(); }
  [[nodiscard]] std::span<const Eviction> evictions() const { return evictions_; }

  /// Live tokens at positions from `first` on that the group with the widest window still sees.
  [[nodiscard]] std::int32_t live_tokens(std::int32_t first = 0) const;
  /// Logical pages with such a token.
  [[nodiscard]] std::int32_t live_pages() const;

 private:
  [[nodiscard]] std::int32_t first_in_window() const;

  const KvGroups* groups_;
  kv::ScopedTokens live_;             // (KV group); one for all while they are alike
  std::vector<std::int32_t> tokens_;  // (position)
  std::vector<Eviction> evictions_;   // in order
};

}  // namespace pagequest::runtime
