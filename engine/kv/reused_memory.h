// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pagequest::kv {

/// As vector::assign, which takes exactly the memory that it needs: a vector that grows by one
/// element a step takes new memory in every step. This one doubles it, as resize does.
template <class T>
void assign_in_place(std::vector<T>& values, std::size_t count, const T& value) {
  values.resize(count);
  std::ranges::fill(values, value);
}

}  // namespace pagequest::kv
