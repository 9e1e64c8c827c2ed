// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/key_box.h"

#include <algorithm>
#include <bit>

namespace pagequest::runtime {

void KeyBox::restart(std::span<const float> key) const {
  std::ranges::copy(key, lowest.begin());
  std::ranges::copy(key, highest.begin());
}

void KeyBox::take(std::span<const float> key) const {
  for (std::size_t i = 0; i < key.size(); ++i) {
    lowest[i] = std::min(lowest[i], key[i]);
    highest[i] = std::max(highest[i], key[i]);
  }
}

void KeyBox::take_rows(const ops::KvLayout& layout, const std::byte* block, std::uint64_t rows,
                       bool stale, std::span<float> key) const {
  for (std::uint64_t left = rows; left != 0; left &= left - 1) {
    layout.read(block, std::countr_zero(left), key.data(), nullptr);
    if (stale) restart(key);
    take(key);
    stale = false;
  }
}

}  // namespace pagequest::runtime
