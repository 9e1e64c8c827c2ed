// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pagequest::kv {

/// The value that is at `rank` (from 0) when the values are in descending order, as
/// std::nth_element finds it, in few passes that read memory in order: a sample's values bracket
/// it, and only what lies between two of them is put in order. `memory` is working memory. The
/// rank must be below the number of values, none of which may be NaN.
[[nodiscard]] float kth_largest(std::span<const float> values, std::size_t rank,
                                std::vector<float>& memory);

}  // namespace pagequest::kv
