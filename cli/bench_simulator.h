// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"

namespace pagequest::cli {

/// Speed of the serving simulator on one core: processor time of the fastest of `repetitions` runs,
/// beside what was measured for other simulators on such a core (docs/simulator.md).
struct SimulatorBench {
  std::string trace;  // a request trace with block ids, or ""
  std::vector<std::string>
      rows;  // of bench_simulator_rows(); empty: all that need no more than given
  int repetitions = 3;
};

/// Names of the runs, in their order.
[[nodiscard]] std::vector<std::string> bench_simulator_rows();

/// Throws usage_error on unknown rows, or rows that need a trace without one.
[[nodiscard]] ResultTable bench_simulator(const SimulatorBench& bench);

}  // namespace pagequest::cli
