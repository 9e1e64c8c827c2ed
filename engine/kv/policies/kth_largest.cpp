// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/kth_largest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>

#include "base/check.h"

namespace pagequest::kv {
namespace {

constexpr std::size_t kSample = 32;

using Sample = std::array<float, kSample>;  // descending

/// Each value goes where as many are above it: no branch, of which a sort would have many.
Sample sample_of(std::span<const float> values) {
  Sample drawn;
  for (std::size_t i = 0; i < kSample; ++i) drawn[i] = values[i * values.size() / kSample];
  Sample sample{};
  for (std::uint32_t i = 0; i < kSample; ++i) {
    std::uint32_t above = 0;
    for (std::uint32_t j = 0; j < kSample; ++j) {
      const bool ties_before = (drawn[j] == drawn[i]) & (j < i);
      above += static_cast<std::uint32_t>((drawn[j] > drawn[i]) | ties_before);
    }
    sample[above] = drawn[i];
  }
  return sample;
}

std::size_t count_from(std::span<const float> values, float least) {
  std::uint32_t count = 0;
  for (const float value : values) count += value >= least ? 1U : 0U;
  return count;
}

struct Bracket {
  float low = -std::numeric_limits<float>::infinity();  // inclusive
  float high = std::numeric_limits<float>::infinity();  // exclusive
  std::size_t above = 0;                                // values from `high` on: at most the rank
};

std::uint32_t is_inside(const Bracket& bracket, float value) {
  return static_cast<std::uint32_t>((value >= bracket.low) & (value < bracket.high));
}

/// Between neighbours of the sample, searched from where the rank is expected.
Bracket bracket_of(std::span<const float> values, std::size_t rank) {
  const Sample sample = sample_of(values);
  Bracket bracket;
  std::size_t begin = 0;  // sample[begin - 1] is above the wanted value, sample[end] is not
  std::size_t end = kSample;
  std::size_t at = rank * kSample / values.size();
  while (begin < end) {
    const std::size_t from = count_from(values, sample[at]);
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
  constexpr std::size_t kBlock = 16;
  if (to.size() < values.size()) to.resize(values.size());
  std::size_t taken = 0;
  for (std::size_t first = 0; first < values.size(); first += kBlock) {
    const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
    std::uint32_t inside = 0;
    for (const float value : block) inside += is_inside(bracket, value);
    if (inside == 0) continue;
    for (const float value : block) {
      to[taken] = value;
      taken += is_inside(bracket, value);
    }
  }
  return std::span(to).first(taken);
}

}  // namespace

float kth_largest(std::span<const float> values, std::size_t rank, std::vector<float>& memory) {
  PQ_CHECK(rank < values.size(), "a rank of one of the values");
  const Bracket bracket = bracket_of(values, rank);
  const std::span<float> between = take_between(values, bracket, memory);
  const auto wanted = between.begin() + static_cast<std::ptrdiff_t>(rank - bracket.above);
  std::nth_element(between.begin(), wanted, between.end(), std::greater<>());
  return *wanted;
}

}  // namespace pagequest::kv
