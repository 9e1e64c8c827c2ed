// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::kv {

[[nodiscard]] constexpr std::uint64_t lowest_bit(std::uint64_t bits) { return bits & (~bits + 1); }

/// A subset of `from` as a subset of `to`, which has as many bits: the j-th set bit of `from`
/// stands for the j-th one of `to`.
[[nodiscard]] constexpr std::uint64_t matching_bits(std::uint64_t subset, std::uint64_t from,
                                                    std::uint64_t to) {
  if (from == to) return subset;
  std::uint64_t matching = 0;
  for (; from != 0; from &= from - 1, to &= to - 1) {
    if ((subset & lowest_bit(from)) != 0) matching |= lowest_bit(to);
  }
  return matching;
}

}  // namespace pagequest::kv
