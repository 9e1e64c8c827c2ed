// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/router.h"

#include <algorithm>

namespace pagequest::simulator {
namespace {

std::int64_t load(const Replica* replica) { return replica->running() + replica->waiting(); }

std::size_t least_loaded(std::span<Replica* const> replicas) {
  const auto least =
      std::min_element(replicas.begin(), replicas.end(),
                       [](const Replica* a, const Replica* b) { return load(a) < load(b); });
  return static_cast<std::size_t>(least - replicas.begin());
}

std::size_t longest_prefix(std::span<Replica* const> replicas, std::span<const BlockId> prompt) {
  constexpr std::int64_t kImbalance = 32;
  const std::size_t idlest = least_loaded(replicas);
  std::size_t best = idlest;
  std::int64_t most = 0;
  std::int64_t highest = 0;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    highest = std::max(highest, load(replicas[i]));
    const std::int64_t cached = replicas[i]->cached_prefix(prompt);
    if (cached <= most) continue;
    most = cached;
    best = i;
  }
  const bool balanced = highest - load(replicas[idlest]) <= kImbalance;
  return balanced && 2 * most >= static_cast<std::int64_t>(prompt.size()) ? best : idlest;
}

}  // namespace

std::size_t Router::choose(std::span<Replica* const> replicas, std::span<const BlockId> prompt) {
  switch (rule_) {
    case RouterRule::round_robin:
      return next_++ % replicas.size();
    case RouterRule::prefix:
      if (!prompt.empty()) return longest_prefix(replicas, prompt);
      break;
    case RouterRule::least_loaded:
      break;
  }
  return least_loaded(replicas);
}

}  // namespace pagequest::simulator
