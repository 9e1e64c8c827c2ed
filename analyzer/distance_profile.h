// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pagequest::analyzer {

/// Counts of accesses by stack distance, of one stream or summed over several. Each stream has its
/// own LRU stack; a sum answers for caches of equal size, one a stream.
struct DistanceProfile {
  std::vector<std::uint64_t> warm;  // by distance in pages
  std::uint64_t cold = 0;           // first accesses of a page in an episode: no distance
  std::uint64_t resident = 0;       // accesses of always-resident pages, left out of the others
  std::uint64_t steps = 0;          // rows looked at

  void add(const DistanceProfile& other);
  [[nodiscard]] std::uint64_t warm_total() const;
  [[nodiscard]] std::uint64_t accesses() const { return warm_total() + cold; }
  /// One past the longest distance that occurs.
  [[nodiscard]] std::size_t distances() const;
  /// Warm accesses whose distance is below `pages`: the hits of an LRU cache of that many pages.
  [[nodiscard]] std::vector<std::uint64_t> hits_by_size() const;
  /// Least distance that at least `share` of the warm accesses do not exceed; NaN if there are
  /// none.
  [[nodiscard]] double quantile(double share) const;
  [[nodiscard]] double mean() const;
};

}  // namespace pagequest::analyzer
