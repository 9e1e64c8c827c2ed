// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace pagequest::simulator {

/// Nearest-rank percentile: the smallest sample that at least `percent` % of the samples do not
/// exceed. 0 without samples. `percent` in (0, 100].
[[nodiscard]] double percentile(std::vector<double> samples, double percent);

/// 0 without samples.
[[nodiscard]] double mean(const std::vector<double>& samples);

}  // namespace pagequest::simulator
