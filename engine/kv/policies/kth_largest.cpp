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
};

/// Between neighbours of the sample, searched from where the rank is expected.
Bracket bracket_of(std::span<const float> values, std::size_t rank) {
  const Sample sample = sample_of(values);
  Bracket bracket;
  std::size_t begin = 0;  // sample[begin - 1] is above the wanted value, sample[end] is not
  std::size_t end = kSample;
  std::size_t at = rank * kSample / values.size();
  while (begin < end) {
    const std::size_t from = loops().count_from(values.data(), values.size(), sample[at]);
    if (from > rank) {
      end = at;
      bracket.low = sample[at];
      at = std::max(begin, at - std::min<std::size_t>(at, 2));
    } else {
      begin = at + 1;
      bracket.high = sample[at];
      bracket.above = from;
      at += 2;
    }
    if (at < begin || at >= end) at = begin + (end - begin) / 2;
  }
  return bracket;
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
  const Bracket bracket = bracket_of(values, rank);
  const std::span<float> between = take_between(values, bracket, memory);
  if (between.size() <= kFew) return kth_by_ranks(between, rank - bracket.above);
  const auto wanted = between.begin() + static_cast<std::ptrdiff_t>(rank - bracket.above);
  std::nth_element(between.begin(), wanted, between.end(), std::greater<>());
  return *wanted;
}

}  // namespace pagequest::kv
