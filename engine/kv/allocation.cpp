// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/allocation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>

#include "base/check.h"
#include "base/params.h"

namespace pagequest::kv {

std::string_view to_string(Allocation allocation) {
  return allocation == Allocation::uniform ? "uniform" : "adaptive";
}

Allocation allocation_named(std::string_view name) {
  constexpr std::array kAll = {Allocation::adaptive, Allocation::uniform};
  return value_named("allocation", name, kAll);
}

void AdaptiveAllocation::clear() {
  candidates_.clear();
  most_.clear();
}

void AdaptiveAllocation::add(std::span<const UnitView> candidates, std::span<const float> keep,
                             const AttendedSteps& attended, std::int64_t most_tokens) {
  const auto head = static_cast<std::int32_t>(most_.size());
  most_.push_back(most_tokens);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    PQ_CHECK(!std::isnan(keep[i]), "a keep score is a number");
    if (keep[i] == std::numeric_limits<float>::infinity()) continue;
    candidates_.push_back({head, keep[i], attended.last(candidates[i].span), candidates[i]});
  }
}

std::span<const HeadVictim> AdaptiveAllocation::divide(std::int64_t tokens_to_free) {
  std::ranges::sort(candidates_, {}, [](const HeadVictim& c) {
    return std::tuple(c.keep, c.last_attended_step, c.unit.id, c.head);
  });
  victims_.clear();
  for (const HeadVictim& candidate : candidates_) {
    if (tokens_to_free <= 0) break;
    std::int64_t& most = most_[static_cast<std::size_t>(candidate.head)];
    const std::int32_t tokens = candidate.unit.live_tokens;
    most = tokens <= most ? most - tokens : -1;  // none of its better ones goes instead
    if (most < 0) continue;
    victims_.push_back(candidate);
    tokens_to_free -= tokens;
  }
  std::ranges::sort(victims_, {}, [](const HeadVictim& victim) {
    return std::tuple(victim.head, victim.keep, victim.last_attended_step, victim.unit.id);
  });
  return victims_;
}

}  // namespace pagequest::kv
