// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/kv_replay.h"

namespace pagequest::simulator {

std::int32_t KvReplay::next_tokens(const KvExtent& kv) const {
  const bool more = replayed_ < evictions_.size();
  return (more ? evictions_[replayed_].position : tokens_) - kv.next_position();
}

void KvReplay::advance(KvExtent& kv, std::int32_t tokens) {
  kv.grow(tokens);
  while (replayed_ < evictions_.size() && evictions_[replayed_].position == kv.next_position()) {
    kv.evict(evictions_[replayed_++].span);
  }
}

}  // namespace pagequest::simulator
