// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Least recently released first, as the free list of vLLM V1 (vllm/v1/core/block_pool.py): what
/// is in use needs no place in the order.
class LruOrder final : public EvictionOrder {
 public:
  void inserted(Slot /*slot*/, BlockId /*id*/, const BlockTouch& /*touch*/) override {}
  void held(Slot slot, bool was_idle, const BlockTouch& /*touch*/) override {
    if (was_idle) links_.erase(idle_, slot);
  }
  void idle(Slot slot, const BlockTouch& /*touch*/) override { links_.push_back(idle_, slot); }
  Slot evict(Nanoseconds /*now*/) override { return links_.pop_front(idle_); }

 private:
  SlotLists links_;
  SlotList idle_;
};

}  // namespace

std::unique_ptr<BlockCache> make_lru_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<LruOrder>());
}

}  // namespace pagequest::simulator
