// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Who goes when pages run out.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {

std::int32_t Replica::victim() const {
  PQ_CHECK(!active_.empty() || !idle_.empty(), "an exhausted pool has a resident request");
  if (config_.scheduler == BatchRule::sglang && !active_.empty()) return least_decoded();
  if (idle_.empty()) return active_.rbegin()->second;
  if (active_.empty() || config_.preemption == PreemptionOrder::idle_first) {
    return idle_.rbegin()->second;
  }
  return std::max(*active_.rbegin(), *idle_.rbegin()).second;
}

/// SGLang retracts who has decoded the fewest tokens, of equals who has the longest input.
std::int32_t Replica::least_decoded() const {
  std::int32_t best = -1;
  std::pair<std::int64_t, std::int64_t> least;
  for (const auto& [order, index] : active_) {
    const Seat& own = seat(index);
    const std::int32_t id = 2 * index;
    const std::int64_t decoded =
        own.turn_decoded + (decodes_.contains(id) ? decodes_.taken(id) : 0);
    const std::pair key{decoded, -own.request->kv().main().live_tokens() + own.turn_decoded};
    if (best >= 0 && key >= least) continue;
    best = index;
    least = key;
  }
  return best;
}

void Replica::preempt(std::int32_t index, Nanoseconds now) {
  Seat& own = seat(index);
  std::erase_if(chunks_, [&](const Chunk& chunk) {
    if (chunk.seat != index) return false;
    budget_ += chunk.tokens;
    return true;
  });
  pages_.give_back(own.reserved);
  own.reserved = 0;
  const std::int64_t decoding = decodes_.size();
  collect_decoded(index);
  budget_ += decodes_step_ ? decoding - decodes_.size() : 0;
  evacuate(index, now);
  place(index);
  ++counters_.preemptions;
  preempted_ = true;
  if (config_.scheduler == BatchRule::sglang) raise_new_token_ratio();
}

/// After a retraction: what is decoded, and room for some more steps, over what may be decoded.
void Replica::raise_new_token_ratio() {
  std::int64_t decoded = 0;
  std::int64_t most = 0;
  for (const auto& [order, index] : active_) {
    const Seat& own = seat(index);
    const std::int32_t id = 2 * index;
    decoded += own.turn_decoded + (decodes_.contains(id) ? decodes_.taken(id) : 0);
    most += own.turn_decoded + own.request->decode_left();
  }
  new_token_ratio_.raise(decoded, most, static_cast<std::int64_t>(active_.size()));
}

}  // namespace pagequest::simulator
