// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::analyzer {

struct Interval {
  double low;
  double high;
};

/// Wilson score interval of a proportion at 95 % confidence (E. B. Wilson, "Probable inference, the
/// law of succession, and statistical inference", JASA 22, 1927). Stays inside [0, 1] and is honest
/// at 0 and at n successes, where the normal approximation has no width. NaN for n = 0.
[[nodiscard]] Interval wilson_interval_95(std::int64_t successes, std::int64_t n);

}  // namespace pagequest::analyzer
