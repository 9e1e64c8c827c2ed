// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "simulator/cache/ordered_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

/// Belady's MIN (IBM Systems Journal 5(2), 1966): what is wanted again last goes first, and what is
/// never wanted before that. It needs an oracle: BlockTouch::next_use of the last release.
class BeladyOrder final : public RankedOrder {
  void used(Slot /*slot*/, bool /*is_new*/, const BlockTouch& /*touch*/) override {}
  [[nodiscard]] std::int64_t rank(Slot /*slot*/, const BlockTouch& touch) const override {
    return -(touch.next_use < 0 ? std::numeric_limits<std::int64_t>::max() : touch.next_use);
  }
};

}  // namespace

std::unique_ptr<BlockCache> make_belady_cache(const Params& /*params*/) {
  return make_ordered_cache(std::make_unique<BeladyOrder>());
}

}  // namespace pagequest::simulator
