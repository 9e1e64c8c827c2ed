// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/select_victims.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/check.h"
#include "engine/kv/loops/loops.h"

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
  AttendedSteps attended;

  [[nodiscard]] bool goes_before(std::size_t a, std::size_t b) const {
    if (keep[a] != keep[b]) return keep[a] < keep[b];
    const UnitView& left = candidates[a];
    const UnitView& right = candidates[b];
    return std::pair(attended.last(left.span), left.id) <
           std::pair(attended.last(right.span), right.id);
  }

  /// The first to go of all; none: the number of candidates. Few have the least score.
  [[nodiscard]] std::size_t first_of_all() const {
    constexpr std::size_t kBlock = 32;
    const float least = loops().least(keep.data(), keep.size());
    std::size_t first = keep.size();
    if (least == kProtected) return first;
    for (std::size_t block = 0; block < keep.size(); block += kBlock) {
      const std::size_t end = std::min(keep.size(), block + kBlock);
      std::uint32_t found = 0;
      for (std::size_t i = block; i < end; ++i) found += keep[i] == least ? 1U : 0U;
      for (std::size_t i = block; found > 0; ++i) {
        if (keep[i] != least) continue;
        --found;
        if (first == keep.size() || goes_before(i, first)) first = i;
      }
    }
    return first;
  }

  /// The first to go of those that go after all victims; none: the number of candidates.
  [[nodiscard]] std::size_t next(const std::vector<std::size_t>& victims) const {
    std::size_t first = keep.size();
    float least = kProtected;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i] > least || keep[i] == kProtected) continue;
      if (!goes_before(victims.back(), i)) continue;
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
      const std::size_t victim = victims.empty() ? first_of_all() : next(victims);
      if (victim == keep.size()) return true;
      victims.push_back(victim);
      freed += candidates[victim].live_tokens;
      if (tokens_to_free > static_cast<std::int64_t>(kScans) * freed) return false;
    }
    return true;
  }

  void by_order(std::vector<std::size_t>& victims) const {
    victims.clear();
    std::int32_t most_tokens = 1;  // of a candidate
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i] == kProtected) continue;
      victims.push_back(i);
      most_tokens = std::max(most_tokens, candidates[i].live_tokens);
    }
    std::size_t count = 0;  // that are in order
    std::int64_t freed = 0;
    while (freed < tokens_to_free && count < victims.size()) {
      const std::int64_t least_more = (tokens_to_free - freed + most_tokens - 1) / most_tokens;
      const std::size_t end =
          count + std::min(victims.size() - count, static_cast<std::size_t>(least_more));
      put_in_order(victims, count, end);
      for (; count < end; ++count) freed += candidates[victims[count]].live_tokens;
    }
    victims.resize(count);
  }

  /// Those from `first` to `end` are the first to go of all from `first` on.
  void put_in_order(std::vector<std::size_t>& victims, std::size_t first, std::size_t end) const {
    const auto before = [this](std::size_t a, std::size_t b) { return goes_before(a, b); };
    const auto begin = victims.begin();
    const auto from = begin + static_cast<std::ptrdiff_t>(first);
    const auto to = begin + static_cast<std::ptrdiff_t>(end);
    if (to != victims.end()) std::nth_element(from, to, victims.end(), before);
    std::sort(from, to, before);
  }
};

}  // namespace

std::vector<std::size_t> select_victims(std::span<const UnitView> candidates,
                                        std::span<const float> keep, std::int64_t tokens_to_free,
                                        const AttendedSteps& attended) {
  std::vector<std::size_t> victims;
  select_victims(candidates, keep, tokens_to_free, attended, victims);
  return victims;
}

void select_victims(std::span<const UnitView> candidates, std::span<const float> keep,
                    std::int64_t tokens_to_free, const AttendedSteps& attended,
                    std::vector<std::size_t>& victims) {
  PQ_CHECK(candidates.size() == keep.size(), "one score a candidate");
  const Choosing choosing{candidates, keep, tokens_to_free, attended};
  victims.clear();
  check_numbers(keep);
  if (!choosing.by_scans(victims)) choosing.by_order(victims);
}

}  // namespace pagequest::kv
