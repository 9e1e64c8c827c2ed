// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/error.h"
#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Blocks of a session that will ask again are kept for a time to live after their release, those
/// of others for none (Li et al., Continuum, arXiv 2511.02230, keeps an agent's KV that long over a
/// tool call). Expired ones go first, in order of their expiry, then the least recently released;
/// both are the one that expires next. Time must not go back.
class TtlOrder final : public EvictionOrder {
 public:
  explicit TtlOrder(Nanoseconds time_to_live) : time_to_live_(time_to_live) {}

  void inserted(Slot /*slot*/, BlockId /*id*/, const BlockTouch& /*touch*/) override {}
  void held(Slot slot, bool was_idle, const BlockTouch& /*touch*/) override {
    if (was_idle) links_.erase(list_of(slot), slot);
  }
  void idle(Slot slot, const BlockTouch& touch) override {
    state_[slot] = {.expiry = touch.now + (touch.session_continues ? time_to_live_ : 0),
                    .sequence = next_++,
                    .kept = touch.session_continues};
    links_.push_back(list_of(slot), slot);
  }
  Slot evict(Nanoseconds /*now*/) override {
    if (kept_.empty()) return links_.pop_front(others_);
    if (others_.empty()) return links_.pop_front(kept_);
    return links_.pop_front(expires_before(others_.first, kept_.first) ? others_ : kept_);
  }

 private:
  struct State {
    Nanoseconds expiry = 0;
    std::uint64_t sequence = 0;
    bool kept = false;
  };

  SlotList& list_of(Slot slot) { return state_[slot].kept ? kept_ : others_; }
  [[nodiscard]] bool expires_before(Slot a, Slot b) const {
    const State& x = state_.at(a);
    const State& y = state_.at(b);
    return x.expiry != y.expiry ? x.expiry < y.expiry : x.sequence < y.sequence;
  }

  Nanoseconds time_to_live_;
  SlotTable<State> state_;
  SlotLists links_;
  SlotList kept_;  // each list in order of release, and so of expiry
  SlotList others_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<BlockCache> make_ttl_cache(const Params& params) {
  const double seconds = params.real("seconds");
  if (!(seconds >= 0.0 && seconds <= 1e9)) {
    throw usage_error({.what = "bad time to live",
                       .where = "cache policy ttl",
                       .found = std::to_string(seconds),
                       .expected = "0 to 1e9 seconds",
                       .hint = {}});
  }
  return make_ordered_cache(
      std::make_unique<TtlOrder>(static_cast<Nanoseconds>(std::llround(seconds * 1e9))));
}

}  // namespace pagequest::simulator
