// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/slot_heap.h"

#include "base/check.h"

namespace pagequest::simulator {

void SlotHeap::put(Place place, const Entry& entry) {
  entries_[place] = entry;
  places_[entry.slot] = place;
}

void SlotHeap::rise(Place place, const Entry& entry) {
  while (place > 0) {
    const Place parent = (place - 1) / 2;
    if (entries_[parent].rank <= entry.rank) break;
    put(place, entries_[parent]);
    place = parent;
  }
  put(place, entry);
}

void SlotHeap::sink(Place place, const Entry& entry) {
  const auto size = static_cast<Place>(entries_.size());
  for (Place child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && entries_[child + 1].rank < entries_[child].rank) ++child;
    if (entry.rank <= entries_[child].rank) break;
    put(place, entries_[child]);
    place = child;
  }
  put(place, entry);
}

void SlotHeap::push(Slot slot, const Rank& rank) {
  PQ_CHECK(!contains(slot), "a slot is in the heap once");
  if (slot >= places_.size()) places_.resize(slot + std::size_t{1}, kNoPlace);
  entries_.emplace_back();
  rise(static_cast<Place>(entries_.size() - 1), {.rank = rank, .slot = slot});
}

void SlotHeap::erase(Slot slot) {
  if (!contains(slot)) return;
  const Place place = places_[slot];
  places_[slot] = kNoPlace;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (last.slot == slot) return;
  if (place > 0 && last.rank < entries_[(place - 1) / 2].rank) {
    rise(place, last);
  } else {
    sink(place, last);
  }
}

Slot SlotHeap::pop() {
  PQ_CHECK(!entries_.empty(), "something is there to pop");
  const Slot slot = top();
  erase(slot);
  return slot;
}

}  // namespace pagequest::simulator
