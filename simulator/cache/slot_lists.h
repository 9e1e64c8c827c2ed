// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace pagequest::simulator {

/// Place of a block in a cache's tables: small, dense, reused after an eviction.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = std::numeric_limits<Slot>::max();

/// Ends of one doubly linked list of slots; its links are in a SlotLists.
struct SlotList {
  Slot first = kNoSlot;
  Slot last = kNoSlot;
  [[nodiscard]] bool empty() const { return first == kNoSlot; }
};

/// Links of any number of lists in which a slot appears at most once. All in O(1).
class SlotLists {
 public:
  void push_back(SlotList& list, Slot slot) {
    if (slot >= links_.size()) links_.resize(slot + std::size_t{1});
    links_[slot] = {.before = list.last, .after = kNoSlot};
    (list.empty() ? list.first : links_[list.last].after) = slot;
    list.last = slot;
  }

  /// `slot` must be in `list`.
  void erase(SlotList& list, Slot slot) {
    const Links links = links_[slot];
    (links.before == kNoSlot ? list.first : links_[links.before].after) = links.after;
    (links.after == kNoSlot ? list.last : links_[links.after].before) = links.before;
  }

  /// The first of a list that isn't empty.
  Slot pop_front(SlotList& list) {
    const Slot slot = list.first;
    erase(list, slot);
    return slot;
  }

 private:
  struct Links {
    Slot before = kNoSlot;
    Slot after = kNoSlot;
  };
  std::vector<Links> links_;
};

}  // namespace pagequest::simulator
