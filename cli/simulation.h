// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/params.h"
#include "base/result_table.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/workload/session.h"
#include "traces/reader.h"

namespace CLI {
class App;
}

namespace pagequest::cli {

struct SimulationOptions {
  std::string machine = "h100-sxm-80gb";
  std::string machine_file;  // instead of a catalogued machine
  std::string serve = "gpt-oss-20b";
  std::string serve_file;
  std::string policy;  // in place of the recorded one, as WorkloadChoice takes it
  std::map<std::string, std::string> params;  // of simulator::SimulationConfig, as typed
};

[[nodiscard]] simulator::GpuSpec gpu_of(const SimulationOptions& options);
[[nodiscard]] simulator::ModelSpec model_of(const SimulationOptions& options);
/// With all defaults.
[[nodiscard]] Params params_of(const SimulationOptions& options);

/// Adds --machine, --serve, their -file variants, and a flag for each simulation parameter, named
/// with the prefix where a command has other options of those names.
void add_options(CLI::App& command, SimulationOptions& options, const std::string& prefix = "");

/// Throws what simulate() throws about its options.
void check_options(const SimulationOptions& options);

/// Adds --policy.
void add_policy_option(CLI::App& command, SimulationOptions& options);

/// With the page size of the source's block identities where it has any and none was given.
[[nodiscard]] SimulationOptions fitted_to(const std::string& source, SimulationOptions options);

/// What a source serves with these options (WorkloadChoice::source).
[[nodiscard]] simulator::Workload workload_of(const std::string& source,
                                              const SimulationOptions& options);

/// Serves any source on the machine.
[[nodiscard]] std::vector<ResultTable> simulate(const std::string& source,
                                                const SimulationOptions& options);

/// Replays the recorded episodes on the machine.
[[nodiscard]] std::vector<ResultTable> simulate(const traces::Reader& trace,
                                                const SimulationOptions& options);

}  // namespace pagequest::cli
