// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/metrics/percentile.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pagequest::simulator {

double percentile(std::vector<double> samples, double percent) {
  if (samples.empty()) return 0.0;
  const auto n = static_cast<double>(samples.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(percent / 100.0 * n));
  const auto at = samples.begin() + std::max<std::ptrdiff_t>(rank, 1) - 1;
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

double mean(const std::vector<double>& samples) {
  if (samples.empty()) return 0.0;
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

}  // namespace pagequest::simulator
