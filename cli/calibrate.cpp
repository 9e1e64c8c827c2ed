// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/output_path.h"
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "engine/bench/calibration.h"
#include "engine/bench/calibration_json.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine_config.h"
#include "notebooks_export/atomic_file.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string model = "engine/pocket";
  std::string weights = "stored";
  std::string kv_storage = "auto";
  std::string device = "cpu";
  std::string clock = "wall";
  std::string out;
  bench::CalibrationPlan plan;
  runtime::EngineConfig engine;
  bool quick = false;
  bool json = false;
};

/// A coarser grid, for a first look and for tests.
bench::CalibrationPlan quick_plan() {
  return {.batches = {1, 4, 16},
          .contexts = {64, 256, 1024},
          .chunks = {16, 64, 256},
          .mixed_batches = {4},
          .mixed_chunks = {64},
          .repetitions = 5};
}

void expect_writable(const Arguments& arguments) {
  const fs::path target = output_target(arguments.out);
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(arguments.model, missing)) {
    expect_not_input(target, entry.path(), "--model");
  }
}

runtime::EngineConfig engine_of(const Arguments& arguments) {
  runtime::EngineConfig engine = arguments.engine;
  engine.device = runtime::resolve(runtime::device_named(arguments.device));
  runtime::require(engine.device);
  engine.kv_storage = runtime::kv_storage_named(arguments.kv_storage);
  return engine;
}

ResultTable points_table(const bench::Calibration& calibration) {
  ResultTable table("calibration",
                    "Steps of the engine: a batch of decoding sequences, a prompt chunk of so many "
                    "tokens, or both. Spread: from the lower to the upper quartile, over the "
                    "median.",
                    {{"kind", ""},
                     {"batch", "sequences"},
                     {"context", "tokens"},
                     {"tokens", "tokens"},
                     {"lower_quartile", "s"},
                     {"least", "s"},
                     {"median", "s"},
                     {"spread", "share"}});
  for (const bench::PointTime& time : calibration.points) {
    const bench::BatchPoint& point = time.point;
    table.add({std::string(to_string(point.kind)), std::int64_t{point.batch},
               std::int64_t{point.context}, std::int64_t{point.tokens}, time.seconds, time.least_s,
               time.median_s, time.spread});
  }
  return table;
}

bench::CalibrationSource source_of(const model::Model& model, const runtime::EngineConfig& engine,
                                   const bench::CalibrationPlan& plan) {
  return {.version = version(),
          .commit = commit(),
          .device = std::string(runtime::to_string(engine.device)),
          .model = model.name() + "@" + model.weights_hash(),
          .kv_storage = std::string(runtime::to_string(engine.kv_storage)),
          .threads = engine.threads,
          .page_tokens = engine.page_size,
          .capture = plan.capture,
          .clock = plan.clock};
}

ExitCode run(const Arguments& arguments) {
  bench::CalibrationPlan plan = arguments.plan;
  plan.clock = bench::run_clock_named(arguments.clock);
  runtime::EngineConfig engine = engine_of(arguments);
  expect_writable(arguments);
  InterruptGuard interrupt;
  const model::Model model = load_model(arguments.model, arguments.weights);
  engine = runtime::resolve(engine, model);
  ProgressLine line("calibrating " + arguments.model);
  const auto calibration =
      bench::calibrate(model, engine, plan, [&](std::int64_t done, std::int64_t planned) {
        line.show(done, planned, "steps");
        return !interrupt.requested();
      });
  line.done();
  if (calibration.points.empty()) {
    note("interrupted: no profile was written");
    return kInterrupted;
  }
  notebooks_export::write_file(arguments.out,
                               bench::profile_json(calibration, source_of(model, engine, plan)));
  const ResultTable table = points_table(calibration);
  print_tables({&table, 1}, arguments.json);
  note(fmt::format("host: {:.1f} us a step, {:.2f} us a sequence", calibration.host.step_s * 1e6,
                   calibration.host.sequence_s * 1e6));
  note("profile: " + arguments.out);
  return kSuccess;
}

/// Lists that nobody typed are those of the quick plan.
void make_quick(const CLI::App& command, bench::CalibrationPlan& plan) {
  const bench::CalibrationPlan quick = quick_plan();
  const auto take = [&](const char* option, auto& value, const auto& of_quick) {
    if (command.get_option(option)->empty()) value = of_quick;
  };
  take("--batches", plan.batches, quick.batches);
  take("--contexts", plan.contexts, quick.contexts);
  take("--chunks", plan.chunks, quick.chunks);
  take("--mixed-batches", plan.mixed_batches, quick.mixed_batches);
  take("--mixed-chunks", plan.mixed_chunks, quick.mixed_chunks);
  take("--repetitions", plan.repetitions, quick.repetitions);
}

void add_numbers(CLI::App& command, const std::string& name, const std::string& help,
                 std::vector<std::int32_t>& values) {
  command.add_option(name, values, help + ", comma-separated")
      ->delimiter(',')
      ->capture_default_str();
}

}  // namespace

void add_calibrate(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "calibrate", "Measure the engine's steps over batches, contexts and prompt chunks");
  bench::CalibrationPlan& plan = arguments->plan;
  add_numbers(*command, "--batches", "sequences that decode in one step", plan.batches);
  add_numbers(*command, "--contexts", "cached tokens of each sequence", plan.contexts);
  add_numbers(*command, "--chunks", "prompt tokens of one step", plan.chunks);
  add_numbers(*command, "--mixed-batches", "sequences that decode beside a chunk",
              plan.mixed_batches);
  add_numbers(*command, "--mixed-chunks", "chunks beside which sequences decode",
              plan.mixed_chunks);
  const std::vector<Option> options = {
      {"model", "folder of a checkpoint", &arguments->model},
      {"weights", kWeightsHelp, &arguments->weights},
      {"device", "what computes: cpu, cuda, or auto for a GPU if there is one", &arguments->device},
      {"threads", "threads; 0: all cores", &arguments->engine.threads},
      {"page-size", "tokens of a KV page, at most 64", &arguments->engine.page_size},
      {"kv-storage", "keys and values as auto (f32 for weights in f32, else bf16), f32, bf16, int8",
       &arguments->kv_storage},
      {"most-tokens", "cached tokens of all decoding sequences, beyond which points are left out",
       &plan.most_tokens},
      {"repetitions", "timed steps of each combination", &plan.repetitions},
      {"attention", "capture the attention in each step", &plan.capture},
      {"clock",
       "seconds of: wall, or cpu, the processor's for this thread alone, for machines that others "
       "use too; takes --threads 1",
       &arguments->clock}};
  add_options(*command, options);
  command->add_option("-o,--out", arguments->out, "profile (JSON)")->required();
  command->add_flag("--quick", arguments->quick, "a coarser grid and fewer repetitions");
  command->add_flag("--json", arguments->json, "print the points as JSON");
  command->callback([arguments, command, &code] {
    if (arguments->quick) make_quick(*command, arguments->plan);
    code = run(*arguments);
  });
}

}  // namespace pagequest::cli
