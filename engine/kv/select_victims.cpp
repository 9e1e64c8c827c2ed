// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/select_victims.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/check.h"

namespace pagequest::kv {

std::vector<std::size_t> select_victims(std::span<const UnitView> candidates,
                                        std::span<const float> keep, std::int64_t tokens_to_free) {
  PQ_CHECK(candidates.size() == keep.size(), "one score a candidate");
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    PQ_CHECK(!std::isnan(keep[i]), "a keep score is a number");
    if (keep[i] != std::numeric_limits<float>::infinity()) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const UnitView& left = candidates[a];
    const UnitView& right = candidates[b];
    return std::tie(keep[a], left.last_attended_step, left.id) <
           std::tie(keep[b], right.last_attended_step, right.id);
  });
  std::size_t victims = 0;
  for (std::int64_t freed = 0; victims < order.size() && freed < tokens_to_free; ++victims) {
    freed += candidates[order[victims]].live_tokens;
  }
  order.resize(victims);
  return order;
}

}  // namespace pagequest::kv
