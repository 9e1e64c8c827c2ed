// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "simulator/cache/slot_lists.h"

namespace pagequest::simulator {

/// What a heap orders by. Equal `value`s are told apart by `sequence`, so that no order depends on
/// how the heap came about.
struct Rank {
  std::int64_t value = 0;
  std::uint64_t sequence = 0;
  constexpr auto operator<=>(const Rank&) const = default;
};

/// A binary heap of slots, least rank first, that knows where each slot is: push, erase and pop in
/// O(log n).
class SlotHeap {
 public:
  /// `slot` must not be in the heap.
  void push(Slot slot, const Rank& rank);
  /// Nothing happens if it isn't there.
  void erase(Slot slot);
  /// The slot of least rank; the heap must not be empty.
  Slot pop();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] bool contains(Slot slot) const {
    return slot < places_.size() && places_[slot] != kNoPlace;
  }
  [[nodiscard]] Slot top() const { return entries_.front().slot; }
  [[nodiscard]] const Rank& top_rank() const { return entries_.front().rank; }
  /// Of a slot that is in the heap.
  [[nodiscard]] const Rank& rank(Slot slot) const { return entries_[places_[slot]].rank; }

 private:
  using Place = std::uint32_t;
  static constexpr Place kNoPlace = kNoSlot;
  struct Entry {
    Rank rank;
    Slot slot;
  };

  void put(Place place, const Entry& entry);
  void rise(Place place, const Entry& entry);
  void sink(Place place, const Entry& entry);

  std::vector<Entry> entries_;
  std::vector<Place> places_;  // of each slot
};

}  // namespace pagequest::simulator
