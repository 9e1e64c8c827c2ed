// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/params.h"
#include "base/result_table.h"
#include "simulator/replay.h"

namespace pagequest::simulator {

/// Everything that a table's description must state: machine, served model, token scale, what was
/// recorded, load, seed, and that the evictions are as recorded.
[[nodiscard]] std::string run_label(const Workload& workload, const GpuSpec& gpu,
                                    const ModelSpec& model, const SimulationConfig& config);

/// simulation_summary (one row), simulation_timeline, simulation_capacity (one row) and
/// simulation_workload (one row), each described by `label`.
[[nodiscard]] std::vector<ResultTable> replay_tables(const ReplayResult& result,
                                                     const std::string& label);

/// Every setting of the run by name, as resolved: what makes the other tables reproducible.
[[nodiscard]] ResultTable settings_table(const Params& params, const std::string& label);

}  // namespace pagequest::simulator
