// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/simulation.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/params.h"
#include "cli/serving_workload.h"
#include "simulator/machine/catalog.h"
#include "simulator/replay.h"
#include "simulator/replay_tables.h"
#include "simulator/simulation_config.h"
#include "simulator/workload/projection.h"

namespace pagequest::cli {
namespace {

std::string flag_of(const std::string& prefix, std::string_view name) {
  std::string flag = "--" + prefix + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

simulator::GpuSpec gpu_of(const SimulationOptions& options) {
  return options.machine_file.empty() ? simulator::catalog_gpu(options.machine)
                                      : simulator::load_gpu(options.machine_file);
}

simulator::ModelSpec model_of(const SimulationOptions& options) {
  return options.serve_file.empty() ? simulator::catalog_model(options.serve)
                                    : simulator::load_model(options.serve_file);
}

Params params_of(const SimulationOptions& options) {
  return {"simulate", simulator::SimulationConfig::parameters(), options.params};
}

void add_options(CLI::App& command, SimulationOptions& options, const std::string& prefix) {
  command.add_option("--machine", options.machine, "GPU, see `pagequest list machines`")
      ->capture_default_str();
  command.add_option("--machine-file", options.machine_file, "JSON of a GPU of your own");
  command.add_option("--serve", options.serve, "served model, see `pagequest list models`")
      ->capture_default_str();
  command.add_option("--serve-file", options.serve_file, "JSON of a served model of your own");
  for (const auto& spec : simulator::SimulationConfig::parameters()) {
    const std::string help = std::string(spec.help) + " [" + to_text(spec.default_value) + "]";
    command.add_option_function<std::string>(
        flag_of(prefix, spec.name),
        [&options, name = std::string(spec.name)](const std::string& text) {
          options.params[name] = text;
        },
        help);
  }
}

void check_options(const SimulationOptions& options) {
  (void)gpu_of(options);
  (void)model_of(options);
  (void)simulator::SimulationConfig::from(params_of(options));
}

void add_policy_option(CLI::App& command, SimulationOptions& options) {
  command.add_option("--policy", options.policy,
                     "what if it were served under NAME or NAME:budget=TOKENS,key=value, see "
                     "`pagequest list policies`; as recorded by default");
}

SimulationOptions fitted_to(const std::string& source, SimulationOptions options) {
  if (options.params.contains("page_tokens")) return options;
  const std::int32_t tokens = block_tokens_of(source);
  if (tokens > 0) options.params["page_tokens"] = std::to_string(tokens);
  return options;
}

simulator::Workload workload_of(const std::string& source, const SimulationOptions& options) {
  const auto config = simulator::SimulationConfig::from(params_of(options));
  return load_workload({.source = source,
                        .policy = options.policy,
                        .token_scale = config.token_scale,
                        .page_tokens = config.page_tokens,
                        .requests = config.requests,
                        .seed = config.seed});
}

namespace {

std::vector<ResultTable> serve(const simulator::Workload& workload,
                               const SimulationOptions& options) {
  const auto gpu = gpu_of(options);
  const auto model = model_of(options);
  const Params params = params_of(options);
  const auto config = simulator::SimulationConfig::from(params);
  const auto result = simulator::replay(workload, gpu, model, config);
  const std::string label = simulator::run_label(workload, gpu, model, config);
  auto tables = simulator::replay_tables(result, label);
  tables.push_back(simulator::settings_table(params, label));
  return tables;
}

}  // namespace

std::vector<ResultTable> simulate(const std::string& source, const SimulationOptions& options) {
  const SimulationOptions fitted = fitted_to(source, options);
  return serve(workload_of(source, fitted), fitted);
}

std::vector<ResultTable> simulate(const traces::Reader& trace, const SimulationOptions& options) {
  const auto config = simulator::SimulationConfig::from(params_of(options));
  return serve(simulator::project(trace, config.token_scale), options);
}

}  // namespace pagequest::cli
