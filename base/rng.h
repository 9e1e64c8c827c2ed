// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pagequest {

/// One round of SplitMix64's output function (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators", OOPSLA 2014): a bijection of 64-bit words with full avalanche.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// A SplitMix64 stream. Streams of different keys are independent, so a world, a sequence or a
/// policy takes its own by key and no draw depends on the order in which others draw. All mappings
/// to integers and reals are defined here: the standard's distributions differ between libraries.
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed, std::uint64_t stream = 0) noexcept
      : state_(mix64(seed ^ mix64(stream))) {}

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t out = mix64(state_);
    state_ += 0x9e3779b97f4a7c15ULL;
    return out;
  }

  /// Uniform in [0, bound); bound must be > 0. Multiply-shift; its bias is below bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64U);
  }

  /// Uniform in [lo, hi], both inclusive.
  constexpr int between(int lo, int hi) noexcept {
    return lo + static_cast<int>(below(static_cast<std::uint64_t>(hi - lo) + 1));
  }

  /// Uniform in [0, 1) with 53 random bits.
  constexpr double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  constexpr bool chance(double probability) noexcept { return uniform() < probability; }

  /// Fisher-Yates, from the back.
  template <class T>
  constexpr void shuffle(std::vector<T>& items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) {
      using std::swap;
      swap(items[i - 1], items[below(i)]);
    }
  }

 private:
  __extension__ typedef unsigned __int128 Wide;  // nvcc knows no other spelling
  std::uint64_t state_;
};

}  // namespace pagequest
