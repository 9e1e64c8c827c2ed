// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "simulator/cache/ghost_list.h"
#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Megiddo and Modha, ARC (FAST 2003, figure 4): T1 holds what was used once, T2 what was used
/// again; the ghosts B1 and B2 remember what they lost, and a return moves the target size p of T1.
/// |T1| + |B1| <= c and all four <= 2c. T1 and T2 count held blocks too; only idle ones are in the
/// lists.
///
/// c is `blocks`, or, as the cache does not know its capacity, the most blocks that an eviction has
/// found in it. A block is named after the eviction that makes room for it, so p adapts one
/// eviction later than in the paper.
class ArcOrder final : public EvictionOrder {
 public:
  explicit ArcOrder(std::int64_t blocks) : learns_(blocks == 0), capacity_(blocks) {}

  void inserted(Slot slot, BlockId id, const BlockTouch& /*touch*/) override {
    state_[slot] = {.id = id, .again = recall(id)};
    ++side(slot).blocks;
    trim();
  }
  void held(Slot slot, bool was_idle, const BlockTouch& /*touch*/) override {
    if (was_idle) links_.erase(side(slot).idle, slot);
    --side(slot).blocks;
    state_[slot].again = true;
    ++side(slot).blocks;
  }
  void idle(Slot slot, const BlockTouch& /*touch*/) override {
    links_.push_back(side(slot).idle, slot);
  }
  Slot evict(Nanoseconds /*now*/) override {
    if (learns_) capacity_ = std::max(capacity_, once_.blocks + again_.blocks);
    Side& from = choose();
    const Slot slot = links_.pop_front(from.idle);
    --from.blocks;
    from.ghosts.push(state_[slot].id);
    trim();
    return slot;
  }

 private:
  struct State {
    BlockId id = 0;
    bool again = false;
  };
  struct Side {
    std::int64_t blocks = 0;  // held ones as well
    SlotList idle;
    GhostList ghosts;
  };

  Side& side(Slot slot) { return state_[slot].again ? again_ : once_; }

  /// Whether a block that comes in was seen before: moves the target.
  bool recall(BlockId id) {
    const auto once = static_cast<double>(once_.ghosts.size());
    const auto again = static_cast<double>(again_.ghosts.size());
    last_was_again_ = false;
    if (once_.ghosts.erase(id)) {
      target_ = std::min(static_cast<double>(capacity_), target_ + std::max(1.0, again / once));
      return true;
    }
    last_was_again_ = again_.ghosts.erase(id);
    if (last_was_again_) target_ = std::max(0.0, target_ - std::max(1.0, once / again));
    return last_was_again_;
  }

  /// The paper's REPLACE, among the idle blocks.
  Side& choose() {
    if (once_.idle.empty()) return again_;
    if (again_.idle.empty()) return once_;
    const auto blocks = static_cast<double>(once_.blocks);
    return blocks > target_ || (last_was_again_ && blocks >= target_) ? once_ : again_;
  }

  void trim() {
    once_.ghosts.trim(std::max<std::int64_t>(0, capacity_ - once_.blocks));
    const std::int64_t others = once_.blocks + once_.ghosts.size() + again_.blocks;
    again_.ghosts.trim(std::max<std::int64_t>(0, 2 * capacity_ - others));
  }

  bool learns_;
  std::int64_t capacity_;
  double target_ = 0.0;
  bool last_was_again_ = false;  // the last block that came in was in B2
  SlotTable<State> state_;
  SlotLists links_;
  Side once_;
  Side again_;
};

}  // namespace

std::unique_ptr<BlockCache> make_arc_cache(const Params& params) {
  const std::int64_t blocks = params.integer("blocks");
  if (blocks < 0) {
    throw usage_error({.what = "bad capacity",
                       .where = "cache policy arc",
                       .found = std::to_string(blocks),
                       .expected = "0 (learned) or more blocks",
                       .hint = {}});
  }
  return make_ordered_cache(std::make_unique<ArcOrder>(blocks));
}

}  // namespace pagequest::simulator
