// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Fewest uses since it came in first; among equals the least recently released. The count does not
/// outlive an eviction (in-cache LFU, as libCacheSim's).
class LfuOrder final : public RankedOrder {
  void used(Slot slot, bool is_new, const BlockTouch& /*touch*/) override {
    uses_[slot] = is_new ? 1 : uses_[slot] + 1;
  }
  [[nodiscard]] std::int64_t rank(Slot slot, const BlockTouch& /*touch*/) const override {
    return uses_.at(slot);
  }

  SlotTable<std::int64_t> uses_;
};

}  // namespace

std::unique_ptr<BlockCache> make_lfu_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<LfuOrder>());
}

}  // namespace pagequest::simulator
