// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/key_turns.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/kv/matching_bits.h"

namespace pagequest::runtime {
namespace {

constexpr std::uint64_t kAllRows = ~std::uint64_t{0};

/// Walks over a table's pages from the oldest token on.
class TurnWalk {
 public:
  explicit TurnWalk(std::int32_t lost_tokens) : lost_behind_(lost_tokens) {}

  /// The next logical page, `filled` of whose tokens were ever there.
  void pass(const kv::PageSlot& slot, std::int32_t filled) {
    std::int32_t passed = 0;
    for (std::uint64_t left = slot.live; left != 0;) {
      const std::int32_t first = std::countr_zero(left);
      const std::int32_t count = std::countr_one(left >> first);
      lost_behind_ -= first - passed;
      passed = first + count;
      const std::uint64_t tokens = (kAllRows >> (64 - count)) << first;
      left &= ~tokens;
      add(slot, tokens);
    }
    lost_behind_ -= filled - passed;
    if (slot.live != 0) ++page_;
  }

  [[nodiscard]] std::vector<ops::TurnedPages> take() { return std::move(runs_); }

 private:
  /// Live tokens of the page without a hole between them.
  void add(const kv::PageSlot& slot, std::uint64_t tokens) {
    if (tokens != slot.live) {
      const std::uint64_t rows = kv::matching_bits(tokens, slot.live, slot.rows);
      runs_.push_back({page_, page_ + 1, rows, lost_behind_});
      return;
    }
    if (!runs_.empty() && runs_.back().rows == kAllRows && runs_.back().positions == lost_behind_) {
      runs_.back().end = page_ + 1;
      return;
    }
    runs_.push_back({page_, page_ + 1, kAllRows, lost_behind_});
  }

  std::int64_t page_ = 0;  // of the list of pages with live tokens
  std::int32_t lost_behind_;
  std::vector<ops::TurnedPages> runs_;
};

}  // namespace

std::vector<ops::TurnedPages> key_turns(const kv::PageTable& table) {
  const std::int32_t lost = table.next_position() - table.live_tokens();
  if (lost == 0) return {};
  TurnWalk walk(lost);
  std::int32_t first = 0;
  for (const kv::PageSlot& slot : table.slots()) {
    walk.pass(slot, std::min(table.page_size(), table.next_position() - first));
    first += table.page_size();
  }
  return walk.take();
}

}  // namespace pagequest::runtime
