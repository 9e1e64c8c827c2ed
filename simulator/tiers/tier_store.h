// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "simulator/tiers/admission.h"
#include "simulator/tiers/link.h"
#include "simulator/tiers/tier_chain.h"

namespace pagequest::simulator {

/// A tier's blocks: floor(capacity / (block_bytes x size_factor)). Throws usage_error if a figure
/// of the specification is out of range or not even one block fits.
[[nodiscard]] std::int64_t tier_capacity_blocks(const TierSpec& spec, double block_bytes);

/// One copy of a tier: its blocks, what they are known by, and its two links.
class TierStore {
 public:
  struct Evicted {
    BlockId id;
    BlockTouch touch;  // its last one here
  };
  struct Outcome {
    bool kept = false;  // it is here, or is being written
    std::optional<Evicted> evicted = std::nullopt;
  };

  TierStore(const TierSpec& spec, double block_bytes);

  /// Whether it can be read: it is here, and its write has ended.
  [[nodiscard]] bool readable(BlockId id) const;
  /// A block comes down: written, or, if it is here, used once more.
  Outcome offer(BlockId id, const BlockTouch& touch);
  /// Starts to move `blocks` blocks up; they are pinned one by one.
  void read(Nanoseconds now, std::uint64_t transfer, std::int64_t blocks);
  void pin(BlockId id, const BlockTouch& touch);
  void unpin(BlockId id, const BlockTouch& touch);

  [[nodiscard]] Nanoseconds next_read_end() const { return reads_.next_end(); }
  [[nodiscard]] Nanoseconds next_write_end() const { return writes_.next_end(); }
  std::optional<Link::End> pop_read(Nanoseconds now) { return reads_.pop(now); }
  /// Makes one block readable whose write has ended by then.
  void finish_write(Nanoseconds now);

  [[nodiscard]] TierCounters counters() const;

 private:
  std::optional<Evicted> make_room(Nanoseconds now);

  std::int64_t capacity_;
  double bytes_;  // of one block, encoded
  std::unique_ptr<BlockCache> cache_;
  std::unique_ptr<Admission> admission_;
  boost::unordered_flat_map<BlockId, BlockTouch> writing_;  // blocks that are held, not readable
  Link reads_;
  Link writes_;
  TierCounters counters_;
};

}  // namespace pagequest::simulator
