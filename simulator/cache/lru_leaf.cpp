// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <boost/unordered/unordered_flat_map.hpp>

#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// The radix cache of SGLang (python/sglang/srt/mem_cache/radix_cache.py): only a block that no
/// block in the cache continues (a leaf) goes, the least recently released first; its parent
/// becomes a leaf with its own last release. If every idle block is continued by a held one, the
/// least recently released of them goes.
class LruLeafOrder final : public EvictionOrder {
 public:
  void inserted(Slot slot, BlockId id, const BlockTouch& touch) override {
    state_[slot] = {.id = id, .parent = touch.parent};
    slots_.emplace(id, slot);
    if (touch.parent != 0 && children_[touch.parent]++ == 0) rank_again(touch.parent);
  }
  void held(Slot slot, bool was_idle, const BlockTouch& /*touch*/) override {
    if (was_idle) idle_.erase(slot);
  }
  void idle(Slot slot, const BlockTouch& /*touch*/) override {
    idle_.push(slot, {.value = is_inner(slot), .sequence = sequence_++});
  }
  Slot evict(Nanoseconds /*now*/) override {
    const Slot slot = idle_.pop();
    const State& state = state_[slot];
    slots_.erase(state.id);
    if (state.parent != 0) drop_child(state.parent);
    return slot;
  }

 private:
  struct State {
    BlockId id = 0;
    BlockId parent = 0;
  };

  [[nodiscard]] std::int64_t is_inner(Slot slot) const {
    return children_.contains(state_.at(slot).id) ? 1 : 0;
  }

  void drop_child(BlockId parent) {
    const auto entry = children_.find(parent);
    if (--entry->second > 0) return;
    children_.erase(entry);
    rank_again(parent);
  }

  /// A block has become a leaf or an inner one; its place among its like stays.
  void rank_again(BlockId id) {
    const auto entry = slots_.find(id);
    if (entry == slots_.end() || !idle_.contains(entry->second)) return;
    const std::uint64_t sequence = idle_.rank(entry->second).sequence;
    idle_.erase(entry->second);
    idle_.push(entry->second, {.value = is_inner(entry->second), .sequence = sequence});
  }

  SlotTable<State> state_;
  boost::unordered_flat_map<BlockId, Slot> slots_;
  boost::unordered_flat_map<BlockId, std::int32_t> children_;  // in the cache, of any block
  SlotHeap idle_;
  std::uint64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<BlockCache> make_lru_leaf_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<LruLeafOrder>());
}

}  // namespace pagequest::simulator
