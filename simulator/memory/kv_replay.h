// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/events.h"
#include "simulator/memory/kv_extent.h"

namespace pagequest::simulator {

/// An eviction of a thread's history, when the thread had reached `position`.
struct PastEviction {
  std::int32_t position;
  TokenSpan span;
};

/// How PageQuest's engine recomputes what a thread has lost: its whole history, what was evicted
/// since included, and each eviction again where it was (engine/runtime/sequence.h). So keys and
/// values come back bit by bit, at the price of tokens and pages that are dropped once more.
class KvReplay {
 public:
  /// `tokens`: of the history.
  KvReplay(std::vector<PastEviction> evictions, std::int32_t tokens)
      : evictions_(std::move(evictions)), tokens_(tokens) {}

  /// Tokens of the history.
  [[nodiscard]] std::int32_t tokens() const { return tokens_; }
  /// How far `kv`, which began empty, can grow before the next eviction.
  [[nodiscard]] std::int32_t next_tokens(const KvExtent& kv) const;
  /// Computes so many tokens, and evicts what was evicted there.
  void advance(KvExtent& kv, std::int32_t tokens);

 private:
  std::vector<PastEviction> evictions_;  // by position
  std::size_t replayed_ = 0;
  std::int32_t tokens_;
};

}  // namespace pagequest::simulator
