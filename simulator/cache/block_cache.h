// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/params.h"
#include "simulator/event_queue.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Who touches a block and when: all that an eviction policy may look at.
struct BlockTouch {
  Nanoseconds now = 0;
  std::int64_t session = 0;        // of the request
  bool session_continues = false;  // whether the session will ask again, as far as is known
  BlockId parent = 0;              // the block before it in the prompt; 0: it is the first
  std::int64_t next_use = -1;      // an oracle's: index of the next request that wants it; -1: none
};

/// Blocks with identity that one memory holds: the prefix cache of a replica's HBM, or a tier
/// below.
///
/// A block is held by the requests that use it (reference counted) and cannot be evicted then. When
/// the last one releases it, it stays until evict() chooses it. Capacity is the caller's.
class BlockCache {
 public:
  virtual ~BlockCache() = default;

  [[nodiscard]] virtual bool contains(BlockId id) const = 0;
  /// Whether a request uses it; false if it is not there.
  [[nodiscard]] virtual bool held(BlockId id) const = 0;
  /// Takes an existing block: its count goes up.
  virtual void hold(BlockId id, const BlockTouch& touch) = 0;
  /// A block that was computed or fetched, held once. False if it is there already: nothing
  /// happens, and the caller's copy is one without identity.
  virtual bool insert(BlockId id, const BlockTouch& touch) = 0;
  /// The count goes down; at 0 the block can be evicted. Blocks of one request are released in the
  /// order given by the caller: the last ones of a prompt first, as they are of least use.
  virtual void release(BlockId id, const BlockTouch& touch) = 0;
  /// The policy's choice among the blocks that nobody holds goes. Nothing if all are held.
  virtual std::optional<BlockId> evict(Nanoseconds now) = 0;
  /// The last touch of the block that evict() took last: what a memory below is told of it.
  [[nodiscard]] virtual const BlockTouch& evicted_touch() const = 0;

  [[nodiscard]] virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual std::int64_t evictable() const = 0;

  /// Leading blocks of a prompt that are there; a hit behind a miss does not count.
  [[nodiscard]] std::int64_t match(std::span<const BlockId> ids) const {
    std::int64_t n = 0;
    while (n < static_cast<std::int64_t>(ids.size()) && contains(ids[static_cast<std::size_t>(n)]))
      ++n;
    return n;
  }
};

/// Registered eviction policies of a cache (arc, belady, lfu, lru, session, ttl, ...): a sorted
/// table with declared parameters (cache/registry.cpp).
struct CachePolicy {
  std::string_view name;
  std::string_view description;
  std::span<const ParamSpec> parameters;
  std::unique_ptr<BlockCache> (*make)(const Params& params);
};
[[nodiscard]] std::span<const CachePolicy> cache_policies();

/// From "lru" or "ttl:seconds=60". Throws usage_error that lists the valid names.
[[nodiscard]] std::unique_ptr<BlockCache> make_block_cache(const std::string& text);

}  // namespace pagequest::simulator
