// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "simulator/cache/block_cache.h"

namespace pagequest::simulator {

/// Index of each id's next occurrence; -1: none.
inline std::vector<std::int64_t> next_uses(const std::vector<std::uint32_t>& ids) {
  std::vector<std::int64_t> next(ids.size(), -1);
  std::unordered_map<std::uint32_t, std::int64_t> later;
  for (std::size_t i = ids.size(); i-- > 0;) {
    if (const auto at = later.find(ids[i]); at != later.end()) next[i] = at->second;
    later[ids[i]] = static_cast<std::int64_t>(i);
  }
  return next;
}

/// Misses of a stream of blocks, each released at once, in a cache of fixed size. Room is made
/// before the missing block is named, as a server does.
inline std::int64_t count_misses(BlockCache& cache, const std::vector<std::uint32_t>& ids,
                                 const std::vector<std::int64_t>& next, std::int64_t capacity) {
  std::int64_t misses = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const BlockId id = BlockId{ids[i]} + 1;
    const BlockTouch touch{.now = static_cast<Nanoseconds>(i), .next_use = next[i]};
    if (cache.contains(id)) {
      cache.hold(id, touch);
    } else {
      ++misses;
      if (cache.size() == capacity) cache.evict(touch.now);
      cache.insert(id, touch);
    }
    cache.release(id, touch);
  }
  return misses;
}

}  // namespace pagequest::simulator
