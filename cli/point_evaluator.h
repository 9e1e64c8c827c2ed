// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cli/simulation.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/sweep/sweep_settings.h"
#include "simulator/workload/session.h"

namespace pagequest::cli {

/// Simulates one configuration for sweeps and capacity searches. Its settings are those of
/// `pagequest simulate` with `_` for `-`, and `trace`. All functions may be called on any thread.
class PointEvaluator {
 public:
  using Settings = simulator::SweepSettings;

  [[nodiscard]] static std::vector<std::string> setting_names();
  /// In seconds, tokens/s, requests/s and shares; latencies with _p50, _p90, _p95 and _p99.
  [[nodiscard]] static std::vector<std::string> metric_names();

  /// All settings, each written in one way, and the hash of the content of each file that they
  /// name: what the metrics depend on. Throws usage_error on a setting that is unknown, out of
  /// range or missing, and input_error on a file that can't be read.
  [[nodiscard]] Settings resolve(const Settings& given);

  /// Sessions a second as the source has their arrivals; 0: it has none.
  [[nodiscard]] double recorded_rate(const Settings& settings);

  /// Throws usage_error where the configuration can't serve the trace.
  [[nodiscard]] std::map<std::string, double> evaluate(const Settings& settings);

 private:
  using SharedWorkload = std::shared_ptr<const simulator::Workload>;

  /// The machine and the model, whose catalogue is long to parse for every point of a sweep.
  struct Specs {
    simulator::GpuSpec gpu;
    simulator::ModelSpec model;
  };

  [[nodiscard]] Specs specs_of(const SimulationOptions& options);
  [[nodiscard]] std::string hash_of(const std::string& file);
  /// With the page size of the source's block identities, unless one is given.
  [[nodiscard]] SimulationOptions fitted(const std::string& source, SimulationOptions options);
  [[nodiscard]] SharedWorkload workload_of(const std::string& source,
                                           const SimulationOptions& options);

  std::mutex mutex_;  // of what follows; also keeps HDF5 on one thread at a time
  std::map<std::string, std::string> hashes_;
  std::map<std::string, simulator::GpuSpec> gpus_;      // by name or file
  std::map<std::string, simulator::ModelSpec> models_;  // by name or file
  std::map<std::string, std::int32_t> block_tokens_;    // by source
  // Searches for several percentiles try the same loads.
  std::map<Settings, std::map<std::string, double>> metrics_;
  std::map<std::string, SharedWorkload> workloads_;  // by source and what shapes it
};

}  // namespace pagequest::cli
