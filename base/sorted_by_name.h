// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <iterator>

namespace pagequest {

/// Whether a registry lists its entries by name, each once.
template <class Entries>
[[nodiscard]] constexpr bool sorted_by_name(const Entries& entries) {
  return std::adjacent_find(std::begin(entries), std::end(entries),
                            [](const auto& a, const auto& b) { return a.name >= b.name; }) ==
         std::end(entries);
}

}  // namespace pagequest
