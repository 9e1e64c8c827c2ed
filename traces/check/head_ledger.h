// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "traces/check/findings.h"
#include "traces/header.h"

namespace pagequest::traces {

/// Which (layer, KV head) holds which positions of the main thread, rebuilt from the events of a
/// trace whose policy drops tokens from single heads. Tolerates any spans.
class HeadLedger {
 public:
  explicit HeadLedger(const Header& header);

  void fill(std::int32_t count);
  /// Drops what the event names, and checks what it states.
  void evict(const HeadTokensEvicted& evicted, Findings& findings);
  /// Positions of the span that a head still holds.
  [[nodiscard]] std::int32_t held(TokenSpan span) const;

 private:
  /// Returns how many tokens of the span the head held.
  std::int32_t evict_from(std::size_t plane, TokenSpan span);

  std::int32_t layers_;
  std::int32_t kv_heads_;
  std::vector<std::vector<char>> live_;  // (layer, KV head), (position)
};

}  // namespace pagequest::traces
