// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"

namespace pagequest::simulator {

/// The keys and values of one sequence: which positions are live, which pages they need.
///
/// Positions are never reused, so an eviction leaves a hole, and a page is free only when all of
/// its tokens are gone. Keys and values can be lost (a preemption) and are then recomputed in the
/// order of the positions, evicted ones left out.
class KvExtent {
 public:
  explicit KvExtent(std::int32_t page_tokens) : page_tokens_(page_tokens) {}

  /// The next `tokens` tokens get keys and values: lost ones first; `tokens` may not exceed them.
  void grow(std::int32_t tokens);
  /// Pages with `tokens` more keys and values: lost ones first, then new ones.
  [[nodiscard]] std::int32_t pages_after_grow(std::int32_t tokens) const;

  /// Makes a hole; returns the tokens of the span that were live. The span must have been filled.
  std::int32_t evict(TokenSpan span);
  /// Drops all keys and values, to be recomputed.
  void lose() { resident_ = 0; }

  [[nodiscard]] std::int32_t next_position() const { return next_; }
  /// Positions before it have their keys and values, evicted ones excepted.
  [[nodiscard]] std::int32_t resident_end() const { return resident_; }
  [[nodiscard]] std::int32_t live_tokens() const { return next_ - dead_tokens_; }
  /// Live tokens whose keys and values were lost.
  [[nodiscard]] std::int32_t missing_tokens() const {
    return resident_ == next_ ? 0 : live_between(resident_, next_);
  }
  [[nodiscard]] std::int32_t resident_live_tokens() const {
    return resident_ == next_ ? live_tokens() : live_between(0, resident_);
  }
  [[nodiscard]] std::int32_t pages() const { return pages_of(resident_); }
  /// Pages that lie before `position` as a whole and hold no live token.
  [[nodiscard]] std::int32_t dead_pages_before(std::int32_t position) const;
  /// Whether no token of the page is live; the page must have been filled.
  [[nodiscard]] bool is_dead_page(std::int32_t page) const;
  /// Positions before it are all live: the first hole, or next_position().
  [[nodiscard]] std::int32_t unbroken_tokens() const {
    return holes_.empty() ? next_ : holes_.front().first;
  }
  /// Positions on pages that are held: what attention reads, dead tokens of live pages included.
  [[nodiscard]] std::int32_t read_tokens() const {
    return resident_ - dead_pages_resident() * page_tokens_;
  }

 private:
  struct Hole {
    std::int32_t first;
    std::int32_t end;
  };
  [[nodiscard]] std::int32_t dead_pages_resident() const {
    return resident_ == next_ ? dead_pages_ : dead_pages_before(resident_);
  }
  [[nodiscard]] std::int32_t pages_of(std::int32_t resident) const;
  [[nodiscard]] std::int32_t live_between(std::int32_t first, std::int32_t end) const;
  [[nodiscard]] std::int32_t position_after(std::int32_t tokens) const;
  void merge(Hole hole);

  std::int32_t page_tokens_;
  std::int32_t next_ = 0;         // first position that was never filled
  std::int32_t resident_ = 0;     // positions before it have their keys and values, holes excepted
  std::int32_t dead_tokens_ = 0;  // in all holes
  std::int32_t dead_pages_ = 0;   // dead_pages_before(next_)
  std::vector<Hole> holes_;       // ascending; neither overlapping nor touching
};

}  // namespace pagequest::simulator
