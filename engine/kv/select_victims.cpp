// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/select_victims.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>

#include "base/check.h"

namespace pagequest::kv {
namespace {

constexpr float kProtected = std::numeric_limits<float>::infinity();
constexpr std::size_t kScans = 4;  // looking at all candidates so often costs less than an order

void check_numbers(std::span<const float> keep) {
  std::uint32_t broken = 0;
  for (const float score : keep) broken += score != score ? 1U : 0U;  // NaN; std::isnan branches
  PQ_CHECK(broken == 0, "a keep score is a number");
}

struct Choosing {
  std::span<const UnitView> candidates;
  std::span<const float> keep;
  std::int64_t tokens_to_free;

  [[nodiscard]] bool goes_before(std::size_t a, std::size_t b) const {
    const UnitView& left = candidates[a];
    const UnitView& right = candidates[b];
    return std::tie(keep[a], left.last_attended_step, left.id) <
           std::tie(keep[b], right.last_attended_step, right.id);
  }

  /// The first to go of those that go after all victims; none: the number of candidates.
  [[nodiscard]] std::size_t next(const std::vector<std::size_t>& victims) const {
    std::size_t first = keep.size();
    float least = kProtected;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i] > least || keep[i] == kProtected) continue;
      if (!victims.empty() && !goes_before(victims.back(), i)) continue;
      if (first < keep.size() && !goes_before(i, first)) continue;
      first = i;
      least = keep[i];
    }
    return first;
  }

  /// One victim after another. Whether that was enough: few are wanted as a rule.
  [[nodiscard]] bool by_scans(std::vector<std::size_t>& victims) const {
    std::int64_t freed = 0;
    while (freed < tokens_to_free) {
      if (victims.size() == kScans) return false;
      const std::size_t victim = next(victims);
      if (victim == keep.size()) return true;
      victims.push_back(victim);
      freed += candidates[victim].live_tokens;
      if (tokens_to_free > static_cast<std::int64_t>(kScans) * freed) return false;
    }
    return true;
  }

  void by_order(std::vector<std::size_t>& victims) const {
    victims.clear();
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i] != kProtected) victims.push_back(i);
    }
    // Each victim frees a token at least, so no more of them need an order.
    const auto most = static_cast<std::ptrdiff_t>(
        std::clamp<std::int64_t>(tokens_to_free, 0, std::ssize(victims)));
    std::partial_sort(victims.begin(), victims.begin() + most, victims.end(),
                      [this](std::size_t a, std::size_t b) { return goes_before(a, b); });
    std::size_t count = 0;
    for (std::int64_t freed = 0; count < victims.size() && freed < tokens_to_free; ++count) {
      freed += candidates[victims[count]].live_tokens;
    }
    victims.resize(count);
  }
};

}  // namespace

std::vector<std::size_t> select_victims(std::span<const UnitView> candidates,
                                        std::span<const float> keep, std::int64_t tokens_to_free) {
  std::vector<std::size_t> victims;
  select_victims(candidates, keep, tokens_to_free, victims);
  return victims;
}

void select_victims(std::span<const UnitView> candidates, std::span<const float> keep,
                    std::int64_t tokens_to_free, std::vector<std::size_t>& victims) {
  PQ_CHECK(candidates.size() == keep.size(), "one score a candidate");
  const Choosing choosing{candidates, keep, tokens_to_free};
  victims.clear();
  check_numbers(keep);
  if (!choosing.by_scans(victims)) choosing.by_order(victims);
}

}  // namespace pagequest::kv
