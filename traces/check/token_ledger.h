// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"

namespace pagequest::traces {

/// Which positions of one thread are live, rebuilt from its events. Tolerates any spans.
class TokenLedger {
 public:
  explicit TokenLedger(std::int32_t page_size) : page_size_(page_size) {}

  void fill(std::int32_t count);
  /// Returns how many tokens of the span were live.
  std::int32_t evict(TokenSpan span);

  [[nodiscard]] std::int32_t next_position() const;
  [[nodiscard]] std::int32_t live_tokens() const { return live_tokens_; }
  [[nodiscard]] std::int32_t live_in(TokenSpan span) const;
  [[nodiscard]] bool page_is_live(std::int32_t page) const;
  [[nodiscard]] const std::vector<std::int32_t>& live_in_page() const { return live_in_page_; }
  [[nodiscard]] std::vector<std::int32_t> live_pages() const;
  /// Bit i: token i of the page is live. For pages of at most 64 tokens.
  [[nodiscard]] std::uint64_t live_bits(std::int32_t page) const;

 private:
  std::int32_t page_size_;
  std::int32_t live_tokens_ = 0;
  std::vector<char> live_;                  // (position)
  std::vector<std::int32_t> live_in_page_;  // (page)
};

}  // namespace pagequest::traces
