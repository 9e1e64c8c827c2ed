// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/allocation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>

#include "base/params.h"

namespace pagequest::kv {

std::string_view to_string(Allocation allocation) {
  return allocation == Allocation::uniform ? "uniform" : "adaptive";
}

Allocation allocation_named(std::string_view name) {
  for (const Allocation allocation : {Allocation::adaptive, Allocation::uniform}) {
    if (name == to_string(allocation)) return allocation;
  }
  throw_unknown_name("allocation", name, {"adaptive", "uniform"});
}

void AdaptiveAllocation::clear() {
  candidates_.clear();
  most_.clear();
}

void AdaptiveAllocation::add(std::span<const UnitView> candidates, std::span<const float> keep,
                             std::int64_t most_tokens) {
  const auto head = static_cast<std::int32_t>(most_.size());
  most_.push_back(std::max<std::int64_t>(0, most_tokens));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const UnitView& unit = candidates[i];
    candidates_.push_back({keep[i], unit.last_attended_step, unit.id, head, unit.live_tokens});
  }
}

std::span<const std::int64_t> AdaptiveAllocation::divide(std::int64_t tokens_to_free) {
  std::ranges::sort(candidates_, {}, [](const Candidate& c) {
    return std::tuple(c.keep, c.last_attended_step, c.id, c.head);
  });
  freed_.assign(most_.size(), 0);
  for (const Candidate& candidate : candidates_) {
    if (tokens_to_free <= 0 || std::isinf(candidate.keep)) break;
    const auto head = static_cast<std::size_t>(candidate.head);
    if (freed_[head] + candidate.tokens > most_[head]) {
      most_[head] = 0;  // none of its better ones goes instead
      continue;
    }
    freed_[head] += candidate.tokens;
    tokens_to_free -= candidate.tokens;
  }
  return freed_;
}

}  // namespace pagequest::kv
