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
  std::vector<std::size_t> victims;
  select_victims(candidates, keep, tokens_to_free, victims);
  return victims;
}

void select_victims(std::span<const UnitView> candidates, std::span<const float> keep,
                    std::int64_t tokens_to_free, std::vector<std::size_t>& victims) {
  PQ_CHECK(candidates.size() == keep.size(), "one score a candidate");
  victims.clear();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    PQ_CHECK(!std::isnan(keep[i]), "a keep score is a number");
    if (keep[i] != std::numeric_limits<float>::infinity()) victims.push_back(i);
  }
  // Each victim frees a token at least, so no more of them need an order.
  const auto most =
      static_cast<std::ptrdiff_t>(std::clamp<std::int64_t>(tokens_to_free, 0, std::ssize(victims)));
  std::partial_sort(victims.begin(), victims.begin() + most, victims.end(),
                    [&](std::size_t a, std::size_t b) {
                      const UnitView& left = candidates[a];
                      const UnitView& right = candidates[b];
                      return std::tie(keep[a], left.last_attended_step, left.id) <
                             std::tie(keep[b], right.last_attended_step, right.id);
                    });
  std::size_t count = 0;
  for (std::int64_t freed = 0; count < victims.size() && freed < tokens_to_free; ++count) {
    freed += candidates[victims[count]].live_tokens;
  }
  victims.resize(count);
}

}  // namespace pagequest::kv
