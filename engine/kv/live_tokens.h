// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/events.h"

namespace pagequest::kv {

/// Which positions of one sequence hold keys and values, and how many of them each logical page
/// holds. Spans may reach beyond what is filled; only filled positions count.
class LiveTokens {
 public:
  explicit LiveTokens(std::int32_t page_size);

  /// `span` continues at next_position().
  void fill(TokenSpan span);
  /// Returns how many tokens of `span` were live.
  std::int32_t evict(TokenSpan span);

  [[nodiscard]] std::int32_t in(TokenSpan span) const;
  /// Whether a filled position is live.
  [[nodiscard]] bool holds(std::int32_t position) const {
    return live_[static_cast<std::size_t>(position)] != 0;
  }
  [[nodiscard]] std::int32_t in_page(std::int32_t page) const {
    return live_in_page_[static_cast<std::size_t>(page)];
  }
  [[nodiscard]] std::int32_t total() const { return total_; }
  /// Pages with a live token.
  [[nodiscard]] std::int32_t live_pages() const { return live_pages_; }
  [[nodiscard]] std::int32_t next_position() const {
    return static_cast<std::int32_t>(live_.size());
  }
  [[nodiscard]] std::int32_t pages() const {
    return static_cast<std::int32_t>(live_in_page_.size());
  }
  [[nodiscard]] std::int32_t page_size() const { return page_size_; }
  [[nodiscard]] TokenSpan span_of_page(std::int32_t page) const {
    return {.first = page * page_size_, .count = page_size_};
  }

 private:
  [[nodiscard]] TokenSpan filled_part(TokenSpan span) const;

  std::int32_t page_size_;
  std::int32_t total_ = 0;
  std::int32_t live_pages_ = 0;
  std::vector<std::uint8_t> live_;          // (position)
  std::vector<std::int32_t> live_in_page_;  // (page)
};

}  // namespace pagequest::kv
