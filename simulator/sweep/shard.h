// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::simulator {

/// The points i with i mod count = index: what one of several processes that know nothing of each
/// other evaluates.
struct Shard {
  std::size_t index = 0;  // from 0
  std::size_t count = 1;
};

/// "2/8": the third of eight. Throws usage_error.
[[nodiscard]] Shard parse_shard(std::string_view text);

[[nodiscard]] std::vector<std::size_t> points_of(const Shard& shard,
                                                 std::span<const std::size_t> points);

}  // namespace pagequest::simulator
