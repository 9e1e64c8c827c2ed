// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/ops/cpu/kv_layout.h"

namespace pagequest::runtime {

/// Smallest and largest components of some keys, (head_dim) each.
struct KeyBox {
  std::span<float> lowest;
  std::span<float> highest;

  /// Makes it the box of a single key.
  void restart(std::span<const float> key) const;
  /// Makes it wide enough for the key.
  void take(std::span<const float> key) const;
  /// Takes the keys that are stored in `rows` of a block (bit r: row r), as attention sees them. A
  /// `stale` box restarts with the first of them. `key`: room for one.
  void take_rows(const ops::KvLayout& layout, const std::byte* block, std::uint64_t rows,
                 bool stale, std::span<float> key) const;
};

}  // namespace pagequest::runtime
