// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Sessions go one after the other, each with its whole chain of blocks in the order of their
/// release (the tail of a prompt first): first those that have ended, then those that will ask
/// again; of each kind the least recently used. A block belongs to the session that released it
/// last, except that an ended one takes none from one that goes on. LRU over blocks breaks the
/// chains of sessions that share blocks (vllm-project/vllm#50422).
class SessionOrder final : public EvictionOrder {
 public:
  void inserted(Slot slot, BlockId /*id*/, const BlockTouch& touch) override {
    belong(slot, noted(touch));
  }
  void held(Slot slot, bool was_idle, const BlockTouch& touch) override {
    if (was_idle) take(slot);
    if (names_.contains(touch.session)) noted(touch);
  }
  void idle(Slot slot, const BlockTouch& touch) override {
    const Slot by = noted(touch);
    const Slot before = owner_[slot];
    if (by != before && (sessions_[by].continues || !sessions_[before].continues)) {
      belong(slot, by);
      abandon(before);
    }
    Session& session = sessions_[owner_[slot]];
    if (!session.idle.empty()) order_.erase(queue(session), owner_[slot]);
    blocks_.push_back(session.idle, slot);
    order_.push_back(queue(session), owner_[slot]);
    if (sessions_[by].blocks == 0) forget(by);
  }
  Slot evict(Nanoseconds /*now*/) override {
    const Slot from = (ended_.empty() ? waiting_ : ended_).first;
    const Slot slot = sessions_[from].idle.first;
    take(slot);
    abandon(from);
    return slot;
  }

 private:
  struct Session {
    std::int64_t id = 0;
    bool continues = false;
    std::int64_t blocks = 0;  // that belong to it, held ones as well
    SlotList idle;
  };

  SlotList& queue(const Session& session) { return session.continues ? waiting_ : ended_; }

  /// The session of a use, with what is known of its future now.
  Slot noted(const BlockTouch& touch) {
    const auto [entry, is_new] = names_.try_emplace(touch.session, kNoSlot);
    if (is_new) {
      entry->second = take_entry();
      sessions_[entry->second] = {.id = touch.session, .idle = {}};
    }
    Session& session = sessions_[entry->second];
    if (session.continues != touch.session_continues && !session.idle.empty()) {
      order_.erase(queue(session), entry->second);
      session.continues = touch.session_continues;
      order_.push_back(queue(session), entry->second);
    }
    session.continues = touch.session_continues;
    return entry->second;
  }

  Slot take_entry() {
    if (free_.empty()) return static_cast<Slot>(used_entries_++);
    const Slot entry = free_.back();
    free_.pop_back();
    return entry;
  }

  void belong(Slot slot, Slot session) {
    owner_[slot] = session;
    ++sessions_[session].blocks;
  }

  /// An idle block leaves its session's queue.
  void take(Slot slot) {
    Session& session = sessions_[owner_[slot]];
    blocks_.erase(session.idle, slot);
    if (session.idle.empty()) order_.erase(queue(session), owner_[slot]);
  }

  void abandon(Slot session) {
    if (--sessions_[session].blocks == 0) forget(session);
  }

  void forget(Slot session) {
    names_.erase(sessions_[session].id);
    free_.push_back(session);
  }

  boost::unordered_flat_map<std::int64_t, Slot> names_;
  SlotTable<Session> sessions_;
  std::vector<Slot> free_;
  std::size_t used_entries_ = 0;
  SlotTable<Slot> owner_;
  SlotLists blocks_;
  SlotLists order_;  // of sessions that have idle blocks
  SlotList ended_;
  SlotList waiting_;
};

}  // namespace

std::unique_ptr<BlockCache> make_session_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<SessionOrder>());
}

}  // namespace pagequest::simulator
