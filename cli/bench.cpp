// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/bench_simulator.h"
#include "cli/bench_tables.h"
#include "cli/command.h"
#include "cli/load_model.h"
#include "cli/options.h"
#include "cli/output.h"
#include "engine/model/model.h"
#include "engine/model/random_model.h"
#include "engine/ops/cpu/packed_matrix.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  std::string model;
  std::string geometry;
  std::string weights = "stored";
  std::string kv_type = "auto";
  std::string device = "cpu";
  bench::BenchPlan plan;
  runtime::EngineConfig engine = {.page_size = 32, .max_batch_tokens = 512, .prefill_chunk = 512};
  bool json = false;
};

model::Model model_of(const Arguments& arguments) {
  if (arguments.model.empty() == arguments.geometry.empty()) {
    throw usage_error({.what = "no model to measure",
                       .where = "bench engine",
                       .found = arguments.model.empty() ? "neither" : "both",
                       .expected = "--model or --geometry",
                       .hint = {}});
  }
  if (!arguments.model.empty()) return load_model(arguments.model, arguments.weights);
  constexpr std::uint64_t kSeed = 1;
  const auto rounded = model::type_of(model::weight_storage_named(arguments.weights));
  return model::random_model(model::named_geometry(arguments.geometry), kSeed,
                             rounded.value_or(ops::WeightType::bf16));
}

void run(Arguments arguments) {
  arguments.engine.kv_storage = runtime::kv_storage_named(arguments.kv_type);
  arguments.engine.device = runtime::resolve(runtime::device_named(arguments.device));
  runtime::require(arguments.engine.device);
  arguments.engine.keep_logits = false;
  if (arguments.engine.device == runtime::Device::cuda) {
    note("shares are of what the processor can do; scripts/gpu-check measures those of a GPU");
  }
  const model::Model model = model_of(arguments);
  arguments.engine = runtime::resolve(arguments.engine, model);
  const auto samples = bench::bench_engine(model, arguments.engine, arguments.plan);
  print_tables(bench_tables(model, arguments.engine, samples), arguments.json);
}

std::string geometry_names() {
  std::string names;
  for (const std::string_view name : model::geometry_names()) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

void add_engine(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  auto* command =
      app.add_subcommand("engine", "Tokens/s, GB/s and the share of this machine's read bandwidth");
  command->add_option("--model", arguments->model, "folder of a checkpoint");
  command->add_option(
      "--geometry", arguments->geometry,
      "or random weights, bf16 where --weights rounds none, in the shape of: " + geometry_names());
  bench::BenchPlan& plan = arguments->plan;
  runtime::EngineConfig& engine = arguments->engine;
  command
      ->add_option("--depth", plan.depths,
                   "tokens before the measured decode steps, comma-separated")
      ->delimiter(',')
      ->capture_default_str();
  const std::vector<Option> options = {
      {"prompt", "tokens of the measured prompt; 0: none", &plan.prompt},
      {"repetitions", "measured decode steps of each kind at each depth", &plan.repetitions},
      {"prompt-repetitions", "measured prompts of each kind", &plan.prompt_repetitions},
      {"capture", "measure with the capture of the attention as well as without", &plan.capture},
      {"device", "what computes: cpu, cuda, or auto for a GPU if there is one", &arguments->device},
      {"threads", "threads; 0: all cores", &engine.threads},
      {"weights", kWeightsHelp, &arguments->weights},
      {"kv-type", "keys and values: auto (as the weights), f32, bf16 or int8", &arguments->kv_type},
      {"page-size", "tokens of a page", &engine.page_size},
      {"prefill-chunk", "most prompt tokens of an iteration", &engine.prefill_chunk}};
  add_options(*command, options);
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments] { run(*arguments); });
}

void add_simulator(CLI::App& app) {
  struct Choice {
    SimulatorBench bench;
    bool json = false;
  };
  auto choice = std::make_shared<Choice>();
  auto* command = app.add_subcommand("simulator", "Speed of the serving simulator on one core");
  command->add_option("--trace", choice->bench.trace,
                      "request trace with block ids, such as Mooncake's conversation trace");
  command->add_option("--rows", choice->bench.rows, "runs; all by default")->delimiter(',');
  command->add_option("--repetitions", choice->bench.repetitions, "of each run but the longest one")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_flag("--json", choice->json, "print JSON");
  command->callback([choice] {
    const std::vector<ResultTable> tables = {bench_simulator(choice->bench)};
    print_tables(tables, choice->json);
  });
}

}  // namespace

void add_bench(CLI::App& app, ExitCode& /*code*/) {
  auto* command = app.add_subcommand("bench", "Measure this build on this machine");
  command->require_subcommand(1);
  add_engine(*command);
  add_simulator(*command);
}

}  // namespace pagequest::cli
