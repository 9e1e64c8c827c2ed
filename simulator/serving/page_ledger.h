// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "simulator/cache/block_cache.h"
#include "simulator/tiers/tier_chain.h"

namespace pagequest::simulator {

/// The pages of one replica's HBM: private ones (no identity, or a copy of one that has), blocks of
/// the prefix cache, and free ones. Private + cached + free = total at all times. Cached blocks
/// that nobody holds count as available: they go when a page is wanted, to the tiers below if there
/// are any.
class PageLedger {
 public:
  /// Without a cache (nullptr) no page has an identity. `tiers` may be null; it must outlive this.
  PageLedger(std::int64_t total, std::unique_ptr<BlockCache> cache, TierChain* tiers,
             std::int32_t replica);

  /// Takes private pages, or nothing if that many aren't available.
  [[nodiscard]] bool take(std::int64_t pages, Nanoseconds now);
  void give_back(std::int64_t pages);
  /// A private page gets an identity and is held. False if another page has it: it stays private.
  bool publish(BlockId id, const BlockTouch& touch);
  void hold(BlockId id, const BlockTouch& touch) { cache_->hold(id, touch); }
  void release(BlockId id, const BlockTouch& touch) { cache_->release(id, touch); }

  [[nodiscard]] const BlockCache* cache() const { return cache_.get(); }
  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] std::int64_t free() const { return total_ - private_ - cached(); }
  [[nodiscard]] std::int64_t available() const {
    return free() + (cache_ ? cache_->evictable() : 0);
  }
  [[nodiscard]] std::int64_t used() const { return total_ - available(); }
  [[nodiscard]] std::int64_t cached() const { return cache_ ? cache_->size() : 0; }
  [[nodiscard]] std::int64_t peak_used() const { return peak_used_; }
  [[nodiscard]] std::int64_t private_pages() const { return private_; }
  [[nodiscard]] std::int64_t cache_evictions() const { return evictions_; }

 private:
  void evict_one(Nanoseconds now);

  std::int64_t total_;
  std::unique_ptr<BlockCache> cache_;
  TierChain* tiers_;
  std::int32_t replica_;
  std::int64_t private_ = 0;
  std::int64_t peak_used_ = 0;
  std::int64_t evictions_ = 0;
};

}  // namespace pagequest::simulator
