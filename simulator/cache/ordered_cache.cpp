// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/ordered_cache.h"

#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

class OrderedCache final : public BlockCache {
 public:
  explicit OrderedCache(std::unique_ptr<EvictionOrder> order) : order_(std::move(order)) {}

  [[nodiscard]] bool contains(BlockId id) const override { return slots_.contains(id); }

  [[nodiscard]] bool held(BlockId id) const override {
    const auto entry = slots_.find(id);
    return entry != slots_.end() && blocks_[entry->second].holders > 0;
  }

  void hold(BlockId id, const BlockTouch& touch) override {
    const Slot slot = find(id);
    const bool was_idle = blocks_[slot].holders++ == 0;
    blocks_[slot].touch = touch;
    if (was_idle) --idle_;
    order_->held(slot, was_idle, touch);
  }

  bool insert(BlockId id, const BlockTouch& touch) override {
    const auto [entry, is_new] = slots_.try_emplace(id, kNoSlot);
    if (!is_new) return false;
    entry->second = take_slot();
    blocks_[entry->second] = {.id = id, .holders = 1, .touch = touch};
    order_->inserted(entry->second, id, touch);
    return true;
  }

  void release(BlockId id, const BlockTouch& touch) override {
    const Slot slot = find(id);
    PQ_CHECK(blocks_[slot].holders > 0, "a block is released once a hold");
    blocks_[slot].touch = touch;
    if (--blocks_[slot].holders > 0) return;
    ++idle_;
    order_->idle(slot, touch);
  }

  std::optional<BlockId> evict(Nanoseconds now) override {
    if (idle_ == 0) return std::nullopt;
    const Slot slot = order_->evict(now);
    const BlockId id = blocks_[slot].id;
    evicted_touch_ = blocks_[slot].touch;
    slots_.erase(id);
    free_.push_back(slot);
    --idle_;
    return id;
  }

  [[nodiscard]] const BlockTouch& evicted_touch() const override { return evicted_touch_; }

  [[nodiscard]] std::int64_t size() const override {
    return static_cast<std::int64_t>(slots_.size());
  }
  [[nodiscard]] std::int64_t evictable() const override { return idle_; }

 private:
  struct Block {
    BlockId id = 0;
    std::int32_t holders = 0;
    BlockTouch touch = {};
  };

  [[nodiscard]] Slot find(BlockId id) const {
    const auto entry = slots_.find(id);
    PQ_CHECK(entry != slots_.end(), "a block that is held or released is in the cache");
    return entry->second;
  }

  Slot take_slot() {
    if (free_.empty()) {
      blocks_.emplace_back();
      return static_cast<Slot>(blocks_.size() - 1);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::unique_ptr<EvictionOrder> order_;
  boost::unordered_flat_map<BlockId, Slot> slots_;
  std::vector<Block> blocks_;
  std::vector<Slot> free_;
  std::int64_t idle_ = 0;
  BlockTouch evicted_touch_;
};

}  // namespace

std::unique_ptr<BlockCache> make_ordered_cache(std::unique_ptr<EvictionOrder> order) {
  return std::make_unique<OrderedCache>(std::move(order));
}

}  // namespace pagequest::simulator
