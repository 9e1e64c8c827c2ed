// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/joined.h"
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/load_evaluator.h"
#include "cli/output.h"
#include "cli/point_evaluator.h"
#include "cli/simulation.h"
#include "simulator/planning/capacity_search.h"
#include "simulator/planning/replica_search.h"
#include "simulator/planning/slo.h"
#include "simulator/simulation_config.h"

namespace pagequest::cli {
namespace {

using simulator::LoadProbe;
using simulator::LoadResult;

struct Arguments {
  std::string trace;
  std::string slo;
  std::string load = "auto";
  double for_load = 0.0;  // 0: search the largest
  double largest = 1e5;
  double usd_per_gpu_hour = 0.0;
  std::string out;
  SimulationOptions simulation;
  bool json = false;
};

void expect_searched_alone(const Arguments& arguments) {
  for (const char* name : {"arrival_rate", "concurrency"}) {
    if (!arguments.simulation.params.contains(name)) continue;
    throw usage_error({.what = "a load is given for the search of the load",
                       .where = name,
                       .found = arguments.simulation.params.at(name),
                       .expected = "none",
                       .hint = "choose what is searched with --load, or ask with --for-load"});
  }
}

PointEvaluator::Settings settings_of(const Arguments& arguments) {
  expect_searched_alone(arguments);
  auto settings = arguments.simulation.params;
  settings["trace"] = arguments.trace;
  settings["machine"] = arguments.simulation.machine;
  settings["serve"] = arguments.simulation.serve;
  settings["machine_file"] = arguments.simulation.machine_file;
  settings["serve_file"] = arguments.simulation.serve_file;
  settings["policy"] = arguments.simulation.policy;
  std::erase_if(settings, [](const auto& setting) { return setting.second.empty(); });
  return settings;
}

std::vector<Column> result_columns(LoadKind kind) {
  return {{"load", kind == LoadKind::concurrency ? "sessions in flight" : "sessions/s"},
          {"verdict", ""},
          {"ttft", "s"},
          {"tpot", "s"},
          {"e2e", "s"},
          {"output_throughput", "tokens/s, of main threads"},
          {"request_throughput", "sessions/s"}};
}

std::vector<Cell> result_cells(double load, const LoadResult& result) {
  return {load,
          std::string(to_string(simulator::saturation_of(result.queue))),
          result.latencies.ttft,
          result.latencies.tpot,
          result.latencies.e2e,
          result.output_tokens_per_s,
          result.requests_per_s};
}

/// What is paid for a GPU and hour: as asked, or the machine's; 0: not known.
double usd_per_gpu_hour(const Arguments& arguments) {
  if (arguments.usd_per_gpu_hour > 0.0) return arguments.usd_per_gpu_hour;
  return gpu_of(arguments.simulation).usd_per_hour.value;
}

std::int64_t gpus_of_replica(const Arguments& arguments) {
  const auto config = simulator::SimulationConfig::from(params_of(arguments.simulation));
  return std::int64_t{config.tensor_parallel} * config.pipeline_parallel;
}

ResultTable answer_table(const Arguments& arguments, LoadKind kind, const std::string& objectives) {
  auto columns = result_columns(kind);
  columns.insert(columns.begin(), {"percentile", "of the latencies"});
  columns.push_back({"gpus", "GPUs"});
  columns.push_back({"cost", "USD per million output tokens"});
  columns.push_back({"missed", "at any load"});
  const std::string question = arguments.for_load > 0.0 ? "The fewest GPUs that serve the load"
                                                        : "The largest load that is served";
  return {"capacity", question + " with " + objectives + ".", std::move(columns)};
}

void add_answer(ResultTable& table, const Arguments& arguments, double percentile, double load,
                const LoadResult& result, std::int64_t replicas) {
  auto cells = result_cells(load, result);
  const std::int64_t gpus = replicas * gpus_of_replica(arguments);
  cells.insert(cells.begin(), percentile);
  cells.emplace_back(gpus);
  cells.emplace_back(simulator::usd_per_million_tokens(usd_per_gpu_hour(arguments), gpus,
                                                       result.output_tokens_per_s));
  cells.emplace_back(std::string());
  table.add(std::move(cells));
}

/// No load meets the objectives at this percentile: `why` says what it comes to.
void add_miss(ResultTable& table, double percentile, const std::string& why) {
  std::vector<Cell> cells(table.columns().size(), Cell{0.0});
  cells.front() = percentile;
  cells[table.column("verdict")] = std::string("never met");
  cells[table.column("gpus")] = std::int64_t{0};
  cells.back() = why;
  table.add(std::move(cells));
}

ResultTable probes_table(LoadKind kind, double percentile, const std::vector<LoadProbe>& probes) {
  auto columns = result_columns(kind);
  columns.push_back({"missed", ""});
  ResultTable table("capacity_probes_p" + std::to_string(std::lround(percentile)),
                    "Loads that the search tried, in its order.", std::move(columns));
  for (const auto& probe : probes) {
    auto cells = result_cells(probe.load, probe.result);
    cells.emplace_back(joined(probe.missed, "; "));
    table.add(std::move(cells));
  }
  return table;
}

void add_largest_load(std::vector<ResultTable>& tables, const Arguments& arguments,
                      const simulator::Slo& slo, LoadKind kind, const LoadEvaluator& loads) {
  simulator::LoadRange range{.largest = std::floor(arguments.largest)};
  if (kind == LoadKind::rate) {
    range.integral = false;
    range.smallest = 1e-4;  // one in three hours
  }
  const auto answer = simulator::search_capacity(
      slo, [&](double load) { return loads.serve(load); }, range);
  if (!answer.too_much) note("the largest load asked about is served: raise --largest");
  const auto config = simulator::SimulationConfig::from(params_of(arguments.simulation));
  add_answer(tables.front(), arguments, slo.percentile, answer.best.load, answer.best.result,
             config.replicas + config.prefill_replicas);
  tables.push_back(probes_table(kind, slo.percentile, answer.probes));
}

void add_fewest_gpus(std::vector<ResultTable>& tables, const Arguments& arguments,
                     const simulator::Slo& slo, const LoadEvaluator& loads) {
  constexpr std::int64_t kMostReplicas = 65'536;
  const auto answer = simulator::search_replicas(
      slo, [&](std::int64_t replicas) { return loads.serve(arguments.for_load, replicas); },
      kMostReplicas);
  add_answer(tables.front(), arguments, slo.percentile, arguments.for_load, answer.result,
             answer.replicas);
}

/// The percentile that was asked for, or several: what the median allows, the slowest may not.
std::vector<double> percentiles_of(const Arguments& arguments, const simulator::Slo& slo) {
  const bool is_given = arguments.slo.find("percentile") != std::string::npos;
  return is_given ? std::vector{slo.percentile} : std::vector{50.0, 90.0, 95.0, 99.0};
}

void answer(const Arguments& arguments) {
  auto slo = simulator::parse_slo(arguments.slo);
  PointEvaluator evaluator;
  const bool has_arrivals = evaluator.recorded_rate(settings_of(arguments)) > 0.0;
  const LoadKind kind = load_kind_named(arguments.load, has_arrivals);
  std::vector<ResultTable> tables = {answer_table(arguments, kind, arguments.slo)};
  const std::vector<double> percentiles = percentiles_of(arguments, slo);
  std::size_t missed = 0;
  for (const double percentile : percentiles) {
    slo.percentile = percentile;
    const LoadEvaluator loads(evaluator, settings_of(arguments), kind, percentile);
    try {
      if (arguments.for_load > 0.0) {
        add_fewest_gpus(tables, arguments, slo, loads);
      } else {
        add_largest_load(tables, arguments, slo, kind, loads);
      }
    } catch (const simulator::ObjectivesNeverMet& error) {
      if (++missed == percentiles.size()) throw;
      add_miss(tables.front(), percentile, error.info().found);
    }
  }
  if (!arguments.out.empty()) write_csv(tables, arguments.out);
  print_short(tables, arguments.json);
}

}  // namespace

void add_capacity(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "capacity",
      "The largest load that a GPU serves within latency objectives, or GPUs for a load");
  command
      ->add_option("--trace", arguments->trace,
                   "what is served: a recorded trace, a request trace or agents:PRESET")
      ->required();
  command
      ->add_option(
          "--slo", arguments->slo,
          "objectives, as ttft=2s,tpot=50ms,percentile=99; without a percentile, the answer at "
          "50, 90, 95 and 99")
      ->required();
  command
      ->add_option("--load", arguments->load,
                   "what is searched: concurrency, rate (sessions a second; a trace's own "
                   "arrivals, faster or "
                   "slower) or auto: rate where the source has arrivals")
      ->capture_default_str();
  command->add_option("--for-load", arguments->for_load, "how many GPUs this load needs")
      ->check(CLI::PositiveNumber);
  command->add_option("--largest", arguments->largest, "largest load to try")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  command
      ->add_option("--price", arguments->usd_per_gpu_hour,
                   "USD for a GPU and hour; the machine's by default")
      ->check(CLI::PositiveNumber);
  command->add_option("-o,--out", arguments->out, "folder for the tables as CSV");
  add_options(*command, arguments->simulation);
  add_policy_option(*command, arguments->simulation);
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] { answer(*arguments); });
}

}  // namespace pagequest::cli
