// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "traces/check/findings.h"
#include "traces/check/token_ledger.h"
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
  /// Whether a head still holds a token of the span.
  [[nodiscard]] bool holds(TokenSpan span) const;
  /// What a head that the model has still holds.
  [[nodiscard]] const TokenLedger& of(std::int32_t layer, std::int32_t kv_head) const {
    return planes_[static_cast<std::size_t>(layer * kv_heads_ + kv_head)];
  }

 private:
  std::int32_t layers_;
  std::int32_t kv_heads_;
  std::vector<TokenLedger> planes_;  // (layer, KV head)
};

}  // namespace pagequest::traces
