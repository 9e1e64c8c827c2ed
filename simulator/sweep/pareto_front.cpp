// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/pareto_front.h"

#include <algorithm>
#include <numeric>

namespace pagequest::simulator {
namespace {

using Costs = std::vector<double>;

bool dominates(const Costs& a, const Costs& b) {
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
  }
  return a != b;
}

}  // namespace

std::vector<std::size_t> pareto_front(const std::vector<Costs>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // In lexicographic order nothing is dominated by what follows it, so the front only grows.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return costs[a] != costs[b] ? costs[a] < costs[b] : a < b;
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    const auto beats = [&](std::size_t other) { return dominates(costs[other], costs[i]); };
    if (std::none_of(front.begin(), front.end(), beats)) front.push_back(i);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace pagequest::simulator
