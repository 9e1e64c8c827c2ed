// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/tier_chain.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "simulator/cache/slot_heap.h"
#include "simulator/tiers/tier_store.h"

namespace pagequest::simulator {
namespace {

/// What one store contributes to a fetch.
struct Part {
  TransferId fetch = 0;
  std::vector<BlockId> blocks = {};
  BlockTouch touch = {};
};

struct Done {
  Nanoseconds time;
  TransferId fetch;
  auto operator<=>(const Done&) const = default;
};

/// A store's place in the two heaps, after each change.
void reschedule(SlotHeap& heap, Slot store, Nanoseconds time) {
  heap.erase(store);
  if (time == std::numeric_limits<Nanoseconds>::max()) return;
  heap.push(store, {.value = time, .sequence = store});
}

Nanoseconds earliest(const SlotHeap& heap) {
  return heap.empty() ? std::numeric_limits<Nanoseconds>::max() : heap.top_rank().value;
}

}  // namespace

struct TierChain::State {
  std::vector<TierSpec> specs;
  WriteMode mode;
  std::int32_t replicas;
  std::vector<TierStore> stores;
  std::vector<Slot> first_store;  // of each tier; it has one for all replicas, or one each
  SlotHeap reads;                 // stores by their next end
  SlotHeap writes;
  boost::unordered_flat_map<std::uint64_t, Part> parts;
  boost::unordered_flat_map<TransferId, std::int32_t> parts_left;  // of each fetch
  std::vector<Done> done;                                          // not told yet
  std::uint64_t next_part = 0;
  TransferId next_fetch = 0;

  [[nodiscard]] Slot copies(std::size_t tier) const {
    return specs[tier].shared ? 1 : static_cast<Slot>(replicas);
  }
  [[nodiscard]] Slot store_of(std::size_t tier, std::int32_t replica) const {
    return first_store[tier] + (specs[tier].shared ? 0 : static_cast<Slot>(replica));
  }
  [[nodiscard]] std::size_t highest_with(std::int32_t replica, BlockId id) const;
  bool offer(std::size_t tier, std::int32_t replica, BlockId id, const BlockTouch& touch);
  void pass_down(std::size_t tier, std::int32_t replica, BlockId id, const BlockTouch& touch);
  void start_part(Slot store, TransferId fetch, std::vector<BlockId> blocks,
                  const BlockTouch& touch);
  void finish_part(Slot store, Nanoseconds now);
  void advance(Nanoseconds now);
};

/// The number of tiers if none has it.
std::size_t TierChain::State::highest_with(std::int32_t replica, BlockId id) const {
  std::size_t tier = 0;
  while (tier < specs.size() && !stores[store_of(tier, replica)].readable(id)) ++tier;
  return tier;
}

/// Whether that tier keeps it; what it evicts goes further down.
bool TierChain::State::offer(std::size_t tier, std::int32_t replica, BlockId id,
                             const BlockTouch& touch) {
  const Slot store = store_of(tier, replica);
  const auto outcome = stores[store].offer(id, touch);
  reschedule(writes, store, stores[store].next_write_end());
  if (outcome.evicted) {
    pass_down(tier + 1, replica, outcome.evicted->id, outcome.evicted->touch);
  }
  return outcome.kept;
}

/// To the highest tier from there on that takes it.
void TierChain::State::pass_down(std::size_t tier, std::int32_t replica, BlockId id,
                                 const BlockTouch& touch) {
  while (tier < specs.size() && !offer(tier, replica, id, touch)) ++tier;
}

void TierChain::State::start_part(Slot store, TransferId fetch, std::vector<BlockId> blocks,
                                  const BlockTouch& touch) {
  for (const BlockId id : blocks) stores[store].pin(id, touch);
  stores[store].read(touch.now, next_part, static_cast<std::int64_t>(blocks.size()));
  reschedule(reads, store, stores[store].next_read_end());
  parts.emplace(next_part++, Part{.fetch = fetch, .blocks = std::move(blocks), .touch = touch});
  ++parts_left[fetch];
}

void TierChain::State::finish_part(Slot store, Nanoseconds now) {
  const auto end = stores[store].pop_read(now);
  PQ_CHECK(end.has_value(), "a part of a fetch has ended");
  const auto entry = parts.find(end->transfer);
  Part& part = entry->second;
  part.touch.now = end->time;
  // The last blocks of a prompt are of least use: they become idle first.
  for (auto id = part.blocks.rbegin(); id != part.blocks.rend(); ++id) {
    stores[store].unpin(*id, part.touch);
  }
  if (--parts_left.at(part.fetch) == 0) {
    parts_left.erase(part.fetch);
    done.push_back({.time = end->time, .fetch = part.fetch});
  }
  parts.erase(entry);
}

/// Ends of writes and of parts in order of time.
void TierChain::State::advance(Nanoseconds now) {
  while (std::min(earliest(reads), earliest(writes)) <= now) {
    if (earliest(writes) <= earliest(reads)) {
      const Slot store = writes.top();
      stores[store].finish_write(earliest(writes));
      reschedule(writes, store, stores[store].next_write_end());
    } else {
      const Slot store = reads.top();
      finish_part(store, earliest(reads));
      reschedule(reads, store, stores[store].next_read_end());
    }
  }
}

TierChain::TierChain(std::vector<TierSpec> tiers, double block_bytes, std::int32_t replicas,
                     WriteMode mode)
    : state_(std::make_unique<State>()) {
  PQ_CHECK(block_bytes > 0.0 && replicas > 0, "there is something to store and somebody to do it");
  state_->specs = std::move(tiers);
  state_->mode = mode;
  state_->replicas = replicas;
  for (std::size_t tier = 0; tier < size(); ++tier) {
    state_->first_store.push_back(static_cast<Slot>(state_->stores.size()));
    for (Slot i = 0; i < state_->copies(tier); ++i) {
      state_->stores.emplace_back(state_->specs[tier], block_bytes);
    }
  }
}

TierChain::~TierChain() = default;

WriteMode TierChain::mode() const { return state_->mode; }
const TierSpec& TierChain::spec(std::size_t tier) const { return state_->specs.at(tier); }
std::size_t TierChain::size() const { return state_->specs.size(); }

void TierChain::store(std::int32_t replica, BlockId id, const BlockTouch& touch) {
  state_->advance(touch.now);
  if (mode() == WriteMode::on_evict) return state_->pass_down(0, replica, id, touch);
  for (std::size_t tier = 0; tier < size(); ++tier) state_->offer(tier, replica, id, touch);
}

std::int64_t TierChain::match(std::int32_t replica, std::span<const BlockId> ids) const {
  const auto missing = std::find_if(ids.begin(), ids.end(), [&](BlockId id) {
    return state_->highest_with(replica, id) == size();
  });
  return missing - ids.begin();
}

TransferId TierChain::fetch(std::int32_t replica, std::span<const BlockId> ids,
                            const BlockTouch& touch) {
  state_->advance(touch.now);
  std::vector<std::vector<BlockId>> by_tier(size());
  for (const BlockId id : ids) {
    const std::size_t tier = state_->highest_with(replica, id);
    PQ_CHECK(tier < size(), "a block that is fetched has matched");
    by_tier[tier].push_back(id);
  }
  const TransferId fetch = state_->next_fetch++;
  for (std::size_t tier = 0; tier < size(); ++tier) {
    if (by_tier[tier].empty()) continue;
    state_->start_part(state_->store_of(tier, replica), fetch, std::move(by_tier[tier]), touch);
  }
  if (ids.empty()) state_->done.push_back({.time = touch.now, .fetch = fetch});
  return fetch;
}

void TierChain::advance(Nanoseconds now) { state_->advance(now); }

Nanoseconds TierChain::next_completion() const {
  Nanoseconds next = earliest(state_->reads);
  for (const Done& done : state_->done) next = std::min(next, done.time);
  return next;
}

std::vector<TransferId> TierChain::complete(Nanoseconds now) {
  state_->advance(now);
  std::vector<Done> done = std::exchange(state_->done, {});
  std::sort(done.begin(), done.end());
  std::vector<TransferId> out;
  for (const Done& fetch : done) out.push_back(fetch.fetch);
  return out;
}

TierCounters TierChain::counters(std::size_t tier) const {
  TierCounters sum;
  for (Slot i = 0; i < state_->copies(tier); ++i) {
    const TierCounters one = state_->stores[state_->first_store.at(tier) + i].counters();
    sum.hits += one.hits;
    sum.stores += one.stores;
    sum.evictions += one.evictions;
    sum.refused += one.refused;
    sum.peak_blocks += one.peak_blocks;
    sum.read_busy_s += one.read_busy_s;
    sum.write_busy_s += one.write_busy_s;
  }
  return sum;
}

}  // namespace pagequest::simulator
