// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// What policies have in common that name tool responses: what is named goes at the next turn
/// boundary, everything else stays.
class CommandPolicy : public EvictionPolicy {
 public:
  [[nodiscard]] Unit unit() const final { return Unit::message; }
  [[nodiscard]] Trigger trigger() const final { return Trigger::command; }

 private:
  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const final {
    const std::vector<std::int32_t> named = commanded();
    std::ranges::transform(candidates, keep.begin(), [&named](const UnitView& unit) {
      return std::ranges::binary_search(named, unit.id) ? 0.0F
                                                        : std::numeric_limits<float>::infinity();
    });
  }
};

}  // namespace pagequest::kv
