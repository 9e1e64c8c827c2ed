// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/distance_profile.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace pagequest::analyzer {

void DistanceProfile::add(const DistanceProfile& other) {
  warm.resize(std::max(warm.size(), other.warm.size()));
  for (std::size_t d = 0; d < other.warm.size(); ++d) warm[d] += other.warm[d];
  cold += other.cold;
  resident += other.resident;
  steps += other.steps;
}

std::uint64_t DistanceProfile::warm_total() const {
  return std::accumulate(warm.begin(), warm.end(), std::uint64_t{0});
}

std::size_t DistanceProfile::distances() const {
  const auto last = std::find_if(warm.rbegin(), warm.rend(), [](auto count) { return count > 0; });
  return static_cast<std::size_t>(warm.rend() - last);
}

std::vector<std::uint64_t> DistanceProfile::hits_by_size() const {
  std::vector<std::uint64_t> hits(distances() + 1, 0);
  for (std::size_t size = 1; size < hits.size(); ++size) {
    hits[size] = hits[size - 1] + warm[size - 1];
  }
  return hits;
}

double DistanceProfile::quantile(double share) const {
  const auto total = static_cast<double>(warm_total());
  double below = 0;
  for (std::size_t d = 0; d < warm.size(); ++d) {
    below += static_cast<double>(warm[d]);
    if (below > 0 && below >= share * total) return static_cast<double>(d);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double DistanceProfile::mean() const {
  double sum = 0;
  for (std::size_t d = 0; d < warm.size(); ++d) {
    sum += static_cast<double>(d) * static_cast<double>(warm[d]);
  }
  return sum / static_cast<double>(warm_total());
}

}  // namespace pagequest::analyzer
