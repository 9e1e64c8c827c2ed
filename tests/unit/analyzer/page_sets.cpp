// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/analyzer/page_sets.h"

#include <algorithm>
#include <list>
#include <map>
#include <utility>

namespace pagequest::testing {

PageSets random_page_sets(std::size_t steps, std::int32_t pages, std::uint64_t seed) {
  Rng rng(seed);
  PageSets sets(steps);
  for (std::size_t t = 0; t < steps; ++t) {
    const auto born = std::max<std::int32_t>(
        1, static_cast<std::int32_t>(static_cast<std::size_t>(pages) * (t + 1) / steps));
    for (std::int32_t page = 0; page < born; ++page) {
      const bool stays = t > 0 && std::binary_search(sets[t - 1].begin(), sets[t - 1].end(), page);
      if (rng.chance(stays ? 0.6 : 1.0 / (3.0 + page))) sets[t].push_back(page);
    }
  }
  return sets;
}

Distances brute_force_distances(const PageSets& sets) {
  Distances result;
  std::map<std::int32_t, std::pair<std::size_t, std::int32_t>> last;  // page -> (step, page)
  for (std::size_t t = 0; t < sets.size(); ++t) {
    for (const std::int32_t page : sets[t]) {
      const auto it = last.find(page);
      if (it == last.end()) {
        ++result.cold;
        continue;
      }
      const auto distance = static_cast<std::size_t>(std::count_if(
          last.begin(), last.end(), [&](const auto& other) { return other.second > it->second; }));
      result.histogram.resize(std::max(result.histogram.size(), distance + 1));
      ++result.histogram[distance];
    }
    for (const std::int32_t page : sets[t]) last[page] = {t, page};
  }
  return result;
}

std::uint64_t simulated_lru_hits(const PageSets& sets, std::size_t capacity) {
  std::list<std::int32_t> cache;  // most recent first
  std::uint64_t hits = 0;
  for (const auto& set : sets) {
    for (const std::int32_t page : set) {
      hits += std::find(cache.begin(), cache.end(), page) != cache.end() ? 1U : 0U;
    }
    for (const std::int32_t page : set) {
      cache.remove(page);
      cache.push_front(page);
    }
    while (cache.size() > capacity) cache.pop_back();
  }
  return hits;
}

}  // namespace pagequest::testing
