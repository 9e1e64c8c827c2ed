// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace pagequest::simulator {

/// Indices, ascending, of the vectors that no other one dominates: is at most as large in every
/// component and smaller in one. Equal vectors are on the front together. All have one size.
[[nodiscard]] std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& costs);

}  // namespace pagequest::simulator
