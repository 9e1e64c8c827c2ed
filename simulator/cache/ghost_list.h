// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "simulator/cache/slot_lists.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Names of blocks that are remembered without being there, oldest first.
class GhostList {
 public:
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(slots_.size()); }

  /// False if it wasn't there.
  bool erase(BlockId id) {
    const auto entry = slots_.find(id);
    if (entry == slots_.end()) return false;
    links_.erase(list_, entry->second);
    free_.push_back(entry->second);
    slots_.erase(entry);
    return true;
  }

  /// As the newest; it must not be there.
  void push(BlockId id) {
    if (free_.empty()) {
      free_.push_back(static_cast<Slot>(ids_.size()));
      ids_.emplace_back();
    }
    const Slot slot = free_.back();
    free_.pop_back();
    ids_[slot] = id;
    slots_.emplace(id, slot);
    links_.push_back(list_, slot);
  }

  /// Forgets the oldest ones until `most` are left.
  void trim(std::int64_t most) {
    while (size() > most && !list_.empty()) erase(ids_[list_.first]);
  }

 private:
  boost::unordered_flat_map<BlockId, Slot> slots_;
  std::vector<BlockId> ids_;
  std::vector<Slot> free_;
  SlotLists links_;
  SlotList list_;
};

}  // namespace pagequest::simulator
