// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace pagequest::kv {

/// Tells take(index, count) each run of items whose ids follow each other. Ids are ascending, so n
/// items are a run exactly if the last one's id is n - 1 above the first's: most are not looked at.
template <class T, class Id, class Take>
void for_each_run(std::span<const T> items, const Id& id, const Take& take) {
  for (std::size_t first = 0; first < items.size();) {
    std::size_t end = first + 1;
    const auto is_run = [&](std::size_t last) {
      return id(items[last]) - id(items[first]) ==
             static_cast<decltype(id(items[0]))>(last - first);
    };
    for (std::size_t step = 64; step > 0; step /= 8) {
      while (end + step <= items.size() && is_run(end + step - 1)) end += step;
    }
    take(first, end - first);
    first = end;
  }
}

}  // namespace pagequest::kv
