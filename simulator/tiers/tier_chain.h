// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "simulator/cache/block_cache.h"
#include "simulator/event_queue.h"

namespace pagequest::simulator {

/// A memory below the HBM.
struct TierSpec {
  std::string name;  // dram, ssd, remote
  double capacity_bytes = 0.0;
  double read_bytes_per_s = 0.0;  // towards the HBM, shared by all transfers under way
  double write_bytes_per_s = 0.0;
  double latency_s = 0.0;         // of each transfer, before its first byte
  std::string eviction = "lru";   // as make_block_cache() takes it
  std::string admission = "all";  // all; second_touch: blocks that were seen before
  bool shared = false;            // one for all replicas, its links too; else one each
  double size_factor = 1.0;       // bytes stored and moved per byte of keys and values (encoding)
  double decode_bytes_per_s =
      0.0;  // of the encoding, on the way up, overlapping the transfer; 0: none
};

/// When blocks go down.
enum class WriteMode : std::uint8_t {
  on_evict,       // when the memory above evicts them, to the next tier that takes them
  write_through,  // when they are computed, to all tiers
};

using TransferId = std::int64_t;

struct TierCounters {
  std::int64_t hits = 0;    // blocks fetched
  std::int64_t stores = 0;  // blocks written
  std::int64_t evictions = 0;
  std::int64_t refused = 0;      // by the admission policy, or larger than the tier
  std::int64_t peak_blocks = 0;  // being written, or there; the sum of the copies' peaks
  double read_busy_s = 0.0;      // up to the last start or end of a transfer
  double write_busy_s = 0.0;
};

/// The tiers below one or more replicas. What a full tier evicts goes one tier further down.
/// Transfers on one link share its bandwidth equally (processor sharing), so that a transfer's end
/// is known only until the next one starts; the caller asks next_completion() after every change.
///
/// Time is told by the calls that have it, and must not go back. Fetches go from the tier to the
/// HBM directly, and leave no copy in the tiers between. What a tier evicts frees its place at
/// once, while the copy is still on its way down; reading it for that takes no bandwidth.
class TierChain {
 public:
  /// `block_bytes`: keys and values of one block. Throws usage_error if a tier is smaller than a
  /// block or a rate isn't positive.
  TierChain(std::vector<TierSpec> tiers, double block_bytes, std::int32_t replicas, WriteMode mode);
  ~TierChain();

  [[nodiscard]] WriteMode mode() const;
  /// A block comes down from a replica's HBM; its write takes bandwidth, nobody waits for it.
  /// It can be matched once it is written.
  void store(std::int32_t replica, BlockId id, const BlockTouch& touch);
  /// Ends the writes and transfers that are due by `now`. Fetches that have ended wait for
  /// complete(). Call it (or complete()) before match(), which has no time of its own.
  void advance(Nanoseconds now);
  /// Leading blocks that some tier of the replica holds, as of the last time that was told.
  [[nodiscard]] std::int64_t match(std::int32_t replica, std::span<const BlockId> ids) const;
  /// Starts moving them up; each from the highest tier that has it. They must have matched. They
  /// stay where they are and cannot be evicted meanwhile.
  [[nodiscard]] TransferId fetch(std::int32_t replica, std::span<const BlockId> ids,
                                 const BlockTouch& touch);
  /// When the next transfer of a fetch ends, if nothing changes; the largest Nanoseconds if none is
  /// under way. A fetch of blocks from several tiers is as many transfers, and ends with the last
  /// of them: complete() may have nothing to tell then.
  [[nodiscard]] Nanoseconds next_completion() const;
  /// Fetches that have ended by `now`, in order of their ends, then of their ids.
  [[nodiscard]] std::vector<TransferId> complete(Nanoseconds now);
  [[nodiscard]] const TierSpec& spec(std::size_t tier) const;
  [[nodiscard]] TierCounters counters(std::size_t tier) const;  // summed over its copies
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::simulator
