// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/cache/block_cache.h"
#include "simulator/cache/slot_heap.h"
#include "simulator/cache/slot_lists.h"

namespace pagequest::simulator {

/// The part of a cache that policies differ in: which of the blocks that nobody holds (the *idle*
/// ones) goes next. OrderedCache keeps names and counts, and tells of every use.
class EvictionOrder {
 public:
  virtual ~EvictionOrder() = default;
  /// A block has come in, held.
  virtual void inserted(Slot slot, BlockId id, const BlockTouch& touch) = 0;
  /// A block that is there is used once more; `was_idle`: it can't be evicted from now on.
  virtual void held(Slot slot, bool was_idle, const BlockTouch& touch) = 0;
  /// Its last holder has gone.
  virtual void idle(Slot slot, const BlockTouch& touch) = 0;
  /// The choice among the idle blocks, of which there is at least one; it leaves the order.
  virtual Slot evict(Nanoseconds now) = 0;
};

/// Orders whose choice is the least of a rank that a block gets when it becomes idle; among equals
/// the one that has been idle longest.
class RankedOrder : public EvictionOrder {
 public:
  void inserted(Slot slot, BlockId /*id*/, const BlockTouch& touch) final {
    used(slot, true, touch);
  }
  void held(Slot slot, bool was_idle, const BlockTouch& touch) final {
    if (was_idle) idle_.erase(slot);
    used(slot, false, touch);
  }
  void idle(Slot slot, const BlockTouch& touch) final {
    idle_.push(slot, {.value = rank(slot, touch), .sequence = sequence_++});
  }
  Slot evict(Nanoseconds /*now*/) final { return idle_.pop(); }

 private:
  virtual void used(Slot slot, bool is_new, const BlockTouch& touch) = 0;
  [[nodiscard]] virtual std::int64_t rank(Slot slot, const BlockTouch& touch) const = 0;

  SlotHeap idle_;
  std::uint64_t sequence_ = 0;
};

/// What a policy notes of each block, by slot.
template <class T>
class SlotTable {
 public:
  T& operator[](Slot slot) {
    if (slot >= values_.size()) values_.resize(slot + std::size_t{1});
    return values_[slot];
  }
  const T& at(Slot slot) const { return values_[slot]; }

 private:
  std::vector<T> values_;
};

}  // namespace pagequest::simulator
