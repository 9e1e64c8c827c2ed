// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/kth_largest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>

#include "base/check.h"
#include "engine/kv/loops/loops.h"

namespace pagequest::kv {
namespace {

constexpr std::size_t kSample = 32;
constexpr std::size_t kFew = kMostRanked;  // values of which it is cheaper to count than to sort

using Sample = std::array<float, kSample>;  // descending

/// Each value goes where as many are before it: no branch, of which a sort would have many.
Sample sample_of(std::span<const float> values) {
  Sample drawn;
  for (std::size_t i = 0; i < kSample; ++i) drawn[i] = values[i * values.size() / kSample];
  std::array<std::uint32_t, kMostRanked> ranks;
  loops().ranks(drawn.data(), kSample, ranks.data());
  Sample sample{};
  for (std::size_t i = 0; i < kSample; ++i) sample[ranks[i]] = drawn[i];
  return sample;
}

struct Bracket {
  float low = -std::numeric_limits<float>::infinity();  // inclusive
  float high = std::numeric_limits<float>::infinity();  // exclusive
  std::size_t above = 0;                                // values from `high` on: at most the rank
  std::size_t from;                                     // values from `low` on: more than the rank

  /// `at` lies between: so many values are from it on.
  void cut(float at, std::size_t count, std::size_t rank) {
    if (count > rank) {
      low = at;
      from = count;
    } else {
      high = at;
      above = count;
    }
  }
};

/// Between neighbours of the sample, searched from where the rank is expected.
Bracket bracket_of(std::span<const float> values, std::size_t rank) {
  const Sample sample = sample_of(values);
  Bracket bracket{.from = values.size()};
  std::size_t begin = 0;  // sample[begin - 1] is above the wanted value, sample[end] is not
  std::size_t end = kSample;
  std::size_t at = rank * kSample / values.size();
  while (begin < end) {
    const std::size_t from = loops().count_from(values.data(), values.size(), sample[at]);
    bracket.cut(sample[at], from, rank);
    if (from > rank) {
      end = at;
      at = std::max(begin, at - std::min<std::size_t>(at, 2));
    } else {
      begin = at + 1;
      at += 2;
    }
    if (at < begin || at >= end) at = begin + (end - begin) / 2;
  }
  return bracket;
}

/// Halves what lies between as long as that is more than a few: counting is a fraction of taking.
void narrow(std::span<const float> values, std::size_t rank, Bracket& bracket) {
  constexpr std::size_t kEnough = 32;
  for (int round = 0; round < 4 && bracket.from - bracket.above > kEnough; ++round) {
    const float middle = 0.5F * (bracket.low + bracket.high);
    if (!(middle > bracket.low && middle < bracket.high)) return;  // an end of the sample, or equal
    bracket.cut(middle, loops().count_from(values.data(), values.size(), middle), rank);
  }
}

/// Into the memory of `to`, which is never made smaller.
std::span<float> take_between(std::span<const float> values, const Bracket& bracket,
                              std::vector<float>& to) {
  if (to.size() < values.size()) to.resize(values.size());
  return std::span(to).first(
      loops().take_between(values.data(), values.size(), bracket.low, bracket.high, to.data()));
}

/// Of few values.
float kth_by_ranks(std::span<const float> values, std::size_t rank) {
  std::array<std::uint32_t, kFew> ranks;
  loops().ranks(values.data(), values.size(), ranks.data());
  std::size_t at = 0;
  while (ranks[at] != rank) ++at;
  return values[at];
}

}  // namespace

float kth_largest(std::span<const float> values, std::size_t rank, std::vector<float>& memory) {
  PQ_CHECK(rank < values.size(), "a rank of one of the values");
  Bracket bracket = bracket_of(values, rank);
  narrow(values, rank, bracket);
  const std::span<float> between = take_between(values, bracket, memory);
  if (between.size() <= kFew) return kth_by_ranks(between, rank - bracket.above);
  const auto wanted = between.begin() + static_cast<std::ptrdiff_t>(rank - bracket.above);
  std::nth_element(between.begin(), wanted, between.end(), std::greater<>());
  return *wanted;
}

}  // namespace pagequest::kv
