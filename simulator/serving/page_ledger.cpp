// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/page_ledger.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pagequest::simulator {

PageLedger::PageLedger(std::int64_t total, std::unique_ptr<BlockCache> cache, TierChain* tiers,
                       std::int32_t replica)
    : total_(total), cache_(std::move(cache)), tiers_(tiers), replica_(replica) {}

bool PageLedger::take(std::int64_t pages, Nanoseconds now) {
  if (pages > available()) return false;
  while (free() < pages) evict_one(now);
  private_ += pages;
  peak_used_ = std::max(peak_used_, used());
  return true;
}

void PageLedger::give_back(std::int64_t pages) {
  PQ_CHECK(pages <= private_, "only pages that were taken come back");
  private_ -= pages;
}

bool PageLedger::publish(BlockId id, const BlockTouch& touch) {
  if (!cache_->insert(id, touch)) return false;
  --private_;
  if (tiers_ != nullptr && tiers_->mode() == WriteMode::write_through) {
    tiers_->store(replica_, id, touch);
  }
  return true;
}

void PageLedger::evict_one(Nanoseconds now) {
  const auto id = cache_->evict(now);
  PQ_CHECK(id.has_value(), "an evictable block goes");
  ++evictions_;
  if (tiers_ != nullptr && tiers_->mode() == WriteMode::on_evict) {
    BlockTouch touch = cache_->evicted_touch();
    touch.now = now;
    tiers_->store(replica_, *id, touch);
  }
}

}  // namespace pagequest::simulator
