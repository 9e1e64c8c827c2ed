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
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/load_evaluator.h"
#include "cli/output.h"
#include "cli/point_evaluator.h"
#include "cli/simulation.h"
#include "simulator/planning/capacity_search.h"
#include "simulator/planning/replica_search.h"
#include "simulator/planning/slo.h"

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

ResultTable answer_table(const Arguments& arguments, const simulator::Slo& slo, LoadKind kind,
                         double load, const LoadResult& result, std::int64_t gpus) {
  auto columns = result_columns(kind);
  auto cells = result_cells(load, result);
  columns.push_back({"gpus", "GPUs"});
  cells.emplace_back(gpus);
  if (arguments.usd_per_gpu_hour > 0.0) {
    columns.push_back({"cost", "USD per million output tokens"});
    cells.emplace_back(simulator::usd_per_million_tokens(arguments.usd_per_gpu_hour, gpus,
                                                         result.output_tokens_per_s));
  }
  const std::string question = arguments.for_load > 0.0 ? "The fewest GPUs that serve the load"
                                                        : "The largest load that is served";
  ResultTable table("capacity",
                    question + " with " + to_text(slo) + ". Latencies at that percentile.",
                    std::move(columns));
  table.add(std::move(cells));
  return table;
}

std::string joined(const std::vector<std::string>& phrases) {
  std::string out;
  for (const auto& phrase : phrases) out += (out.empty() ? "" : "; ") + phrase;
  return out;
}

ResultTable probes_table(LoadKind kind, const std::vector<LoadProbe>& probes) {
  auto columns = result_columns(kind);
  columns.push_back({"missed", ""});
  ResultTable table("capacity_probes", "Loads that the search tried, in its order.",
                    std::move(columns));
  for (const auto& probe : probes) {
    auto cells = result_cells(probe.load, probe.result);
    cells.emplace_back(joined(probe.missed));
    table.add(std::move(cells));
  }
  return table;
}

std::vector<ResultTable> largest_load(const Arguments& arguments, const simulator::Slo& slo,
                                      LoadKind kind, const LoadEvaluator& loads) {
  simulator::LoadRange range{.largest = std::floor(arguments.largest)};
  if (kind == LoadKind::rate) {
    range.integral = false;
    range.smallest = 1e-4;  // one in three hours
  }
  const auto answer = simulator::search_capacity(
      slo, [&](double load) { return loads.serve(load); }, range);
  if (!answer.too_much) note("the largest load asked about is served: raise --largest");
  return {answer_table(arguments, slo, kind, answer.best.load, answer.best.result, 1),
          probes_table(kind, answer.probes)};
}

std::vector<ResultTable> fewest_gpus(const Arguments& arguments, const simulator::Slo& slo,
                                     LoadKind kind, const LoadEvaluator& loads) {
  constexpr std::int64_t kMostReplicas = 65'536;
  const auto answer = simulator::search_replicas(
      slo, [&](std::int64_t replicas) { return loads.serve(arguments.for_load, replicas); },
      kMostReplicas);
  return {answer_table(arguments, slo, kind, arguments.for_load, answer.result, answer.replicas)};
}

void answer(const Arguments& arguments) {
  const auto slo = simulator::parse_slo(arguments.slo);
  PointEvaluator evaluator;
  const bool has_arrivals = evaluator.recorded_rate(settings_of(arguments)) > 0.0;
  const LoadKind kind = load_kind_named(arguments.load, has_arrivals);
  const LoadEvaluator loads(evaluator, settings_of(arguments), kind, slo.percentile);
  const auto tables = arguments.for_load > 0.0 ? fewest_gpus(arguments, slo, kind, loads)
                                               : largest_load(arguments, slo, kind, loads);
  if (!arguments.out.empty()) write_csv(tables, arguments.out);
  print_short(tables, arguments.json);
}

}  // namespace

void add_capacity(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "capacity",
      "The largest load that a GPU serves within latency objectives, or GPUs for a load");
  command->add_option("--trace", arguments->trace, "trace file")->required();
  command->add_option("--slo", arguments->slo, "objectives, as ttft=2s,tpot=50ms,percentile=99")
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
  command->add_option("--price", arguments->usd_per_gpu_hour, "USD for a GPU and hour")
      ->check(CLI::PositiveNumber);
  command->add_option("-o,--out", arguments->out, "folder for the tables as CSV");
  add_options(*command, arguments->simulation);
  add_policy_option(*command, arguments->simulation);
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] { answer(*arguments); });
}

}  // namespace pagequest::cli
