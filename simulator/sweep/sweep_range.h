// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pagequest::simulator {

/// A range of a sweep's axis: from, from + step, ... or from, from x times, ... up to `to`, which
/// is included if it is met within a billionth. One of `step` and `times` is 0.
struct SweepRange {
  double from = 0.0;
  double to = 0.0;
  double step = 0.0;
  double times = 0.0;
};

/// Why the range has no values or no end, or "".
[[nodiscard]] std::string fault_of(const SweepRange& range);

/// Its values with 12 significant digits, so that 0.1 + 0.2 is "0.3", but no more than `most` + 1.
/// The range has no fault.
[[nodiscard]] std::vector<std::string> values_of(const SweepRange& range, std::size_t most);

/// The whole text as a finite number; false if it is none.
[[nodiscard]] bool parse_real(const std::string& text, double& value);

}  // namespace pagequest::simulator
