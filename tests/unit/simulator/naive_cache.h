// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "simulator/cache/block_cache.h"

/// The cache policies once more, as vectors that are searched: slow, and without any of the
/// structures of simulator/cache.
namespace pagequest::simulator::naive {

struct Block {
  BlockId id = 0;
  std::int32_t holders = 0;
  std::int64_t inserted = 0;  // sequence numbers
  std::int64_t released = 0;
  std::int64_t uses = 1;
  BlockTouch last;  // of its release
  std::int64_t owner = 0;
  bool again = false;
};

class Cache {
 public:
  explicit Cache(std::string policy) : policy_(std::move(policy)) {}

  [[nodiscard]] bool contains(BlockId id) const { return index(id) < blocks_.size(); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(blocks_.size()); }
  [[nodiscard]] std::int64_t evictable() const {
    return std::count_if(blocks_.begin(), blocks_.end(),
                         [](const Block& block) { return block.holders == 0; });
  }

  void hold(BlockId id, const BlockTouch& touch) {
    Block& block = blocks_[index(id)];
    ++block.holders;
    ++block.uses;
    block.again = true;
    if (owns_any(touch.session)) note(touch);
  }

  void insert(BlockId id, const BlockTouch& touch) {
    Block block{.id = id, .holders = 1, .inserted = next_++, .last = touch, .owner = touch.session};
    block.again = arc_recall(id);
    note(touch);
    blocks_.push_back(block);
    arc_trim();
  }

  void release(BlockId id, const BlockTouch& touch) {
    Block& block = blocks_[index(id)];
    if (--block.holders > 0) return;
    block.released = next_++;
    block.last = touch;
    block.holders = 1;  // not idle yet
    note(touch);
    if (touch.session_continues || !continues_[block.owner]) block.owner = touch.session;
    block.holders = 0;
    session_use_[block.owner] = next_++;
  }

  std::optional<BlockId> evict(Nanoseconds now) {
    capacity_ = std::max(capacity_, size());
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].holders == 0 && (!best || rank(blocks_[i], now) < rank(blocks_[*best], now))) {
        best = i;
      }
    }
    if (!best) return std::nullopt;
    const Block victim = blocks_[*best];
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(*best));
    ghosts_[victim.again ? 1 : 0].push_back(victim.id);
    arc_trim();
    return victim.id;
  }

 private:
  using Rank = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

  [[nodiscard]] std::size_t index(BlockId id) const {
    return static_cast<std::size_t>(
        std::find_if(blocks_.begin(), blocks_.end(),
                     [id](const Block& block) { return block.id == id; }) -
        blocks_.begin());
  }

  /// Least goes first.
  [[nodiscard]] Rank rank(const Block& block, Nanoseconds now) const {
    if (policy_ == "fifo") return {block.inserted, 0, 0};
    if (policy_ == "lfu") return {block.uses, block.released, 0};
    if (policy_ == "belady") {
      return {block.last.next_use < 0 ? 0 : 1, -block.last.next_use, block.released};
    }
    if (policy_ == "lru-leaf") return {has_child(block.id) ? 1 : 0, block.released, 0};
    if (policy_ == "ttl:seconds=2.5") return ttl_rank(block, now);
    if (policy_ == "session") {
      return {continues_.at(block.owner) ? 1 : 0, session_use_.at(block.owner), block.released};
    }
    if (policy_ == "arc") return {arc_prefers_once() == !block.again ? 0 : 1, block.released, 0};
    return {block.released, 0, 0};
  }

  static Rank ttl_rank(const Block& block, Nanoseconds now) {
    const Nanoseconds expiry =
        block.last.now + (block.last.session_continues ? Nanoseconds{2'500'000'000} : 0);
    if (expiry <= now) return {0, expiry, block.released};
    return {1, block.released, 0};
  }

  [[nodiscard]] bool has_child(BlockId id) const {
    return std::any_of(blocks_.begin(), blocks_.end(),
                       [id](const Block& block) { return block.last.parent == id; });
  }

  // Sessions.
  [[nodiscard]] bool owns_any(std::int64_t session) const {
    return std::any_of(blocks_.begin(), blocks_.end(),
                       [session](const Block& block) { return block.owner == session; });
  }
  void note(const BlockTouch& touch) {
    bool& continues = continues_[touch.session];
    const bool has_idle = std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
      return block.owner == touch.session && block.holders == 0;
    });
    if (continues != touch.session_continues && has_idle) session_use_[touch.session] = next_++;
    continues = touch.session_continues;
  }

  // ARC, as in figure 4 of the paper, for a block that is named after the eviction.
  [[nodiscard]] std::int64_t used(bool again) const {
    return std::count_if(blocks_.begin(), blocks_.end(),
                         [again](const Block& block) { return block.again == again; });
  }
  [[nodiscard]] bool arc_prefers_once() const {
    const auto once = static_cast<double>(used(false));
    return once > target_ || (was_in_second_ && once >= target_);
  }
  bool arc_recall(BlockId id) {
    const auto b1 = static_cast<double>(ghosts_[0].size());
    const auto b2 = static_cast<double>(ghosts_[1].size());
    was_in_second_ = false;
    if (std::erase(ghosts_[0], id) > 0) {
      target_ = std::min(static_cast<double>(capacity_), target_ + std::max(1.0, b2 / b1));
      return true;
    }
    was_in_second_ = std::erase(ghosts_[1], id) > 0;
    if (was_in_second_) target_ = std::max(0.0, target_ - std::max(1.0, b1 / b2));
    return was_in_second_;
  }
  void arc_trim() {
    const auto total = [this](bool again) {
      return used(again) + static_cast<std::int64_t>(ghosts_[again ? 1 : 0].size());
    };
    while (!ghosts_[0].empty() && total(false) > capacity_) ghosts_[0].erase(ghosts_[0].begin());
    while (!ghosts_[1].empty() && total(false) + total(true) > 2 * capacity_) {
      ghosts_[1].erase(ghosts_[1].begin());
    }
  }

  std::string policy_;
  std::vector<Block> blocks_;
  std::int64_t next_ = 0;
  std::map<std::int64_t, bool> continues_;
  std::map<std::int64_t, std::int64_t> session_use_;
  std::vector<BlockId> ghosts_[2];
  std::int64_t capacity_ = 0;
  double target_ = 0.0;
  bool was_in_second_ = false;
};

}  // namespace pagequest::simulator::naive
