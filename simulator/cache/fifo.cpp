// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Oldest first, whatever its use.
class FifoOrder final : public RankedOrder {
  void used(Slot slot, bool is_new, const BlockTouch& /*touch*/) override {
    if (is_new) insertion_[slot] = next_++;
  }
  [[nodiscard]] std::int64_t rank(Slot slot, const BlockTouch& /*touch*/) const override {
    return insertion_.at(slot);
  }

  SlotTable<std::int64_t> insertion_;
  std::int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<BlockCache> make_fifo_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<FifoOrder>());
}

}  // namespace pagequest::simulator
