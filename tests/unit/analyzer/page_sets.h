// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"

/// Streams of page sets and slow, obvious answers about them.
namespace pagequest::testing {

using PageSets = std::vector<std::vector<std::int32_t>>;

/// A set a step: each page of the last step stays with probability 0.6, others join with a
/// probability that is larger for low pages, and the number of pages grows along the stream.
[[nodiscard]] PageSets random_page_sets(std::size_t steps, std::int32_t pages, std::uint64_t seed);

/// Distances by definition, quadratic in the stream's length: how many distinct other pages have a
/// last access (step, page) above the accessed page's own one.
struct Distances {
  std::vector<std::uint64_t> histogram;
  std::uint64_t cold = 0;
};
[[nodiscard]] Distances brute_force_distances(const PageSets& sets);

/// Hits of an LRU cache of `capacity` pages that judges a step's pages against what the step before
/// left, then takes them in, in ascending order. A list of pages, no distances.
[[nodiscard]] std::uint64_t simulated_lru_hits(const PageSets& sets, std::size_t capacity);

}  // namespace pagequest::testing
