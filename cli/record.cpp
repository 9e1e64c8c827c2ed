// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/output_path.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "cli/recording.h"
#include "cli/summary.h"
#include "engine/model/model.h"
#include "traces/reader.h"
#include "traces/writer.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  RecordingConfig config;
  std::string config_file;
  std::string out;
  bool json = false;
};

/// The files that a recording reads, with their options.
std::vector<std::pair<fs::path, std::string>> inputs_of(const Arguments& arguments) {
  const auto& files = arguments.config.agent.files;
  std::vector<std::pair<fs::path, std::string>> inputs = {{arguments.config_file, "--config"},
                                                          {files.prompts, "--prompts"},
                                                          {files.questions, "--questions"},
                                                          {files.corpus, "--corpus"}};
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(arguments.config.model, missing)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".json" || extension == ".safetensors") {
      inputs.emplace_back(entry.path(), "--model");
    }
  }
  return inputs;
}

void expect_writable(const Arguments& arguments) {
  const fs::path target = output_target(arguments.out);
  for (const auto& [input, option] : inputs_of(arguments)) {
    expect_not_input(target, input, option);
    expect_not_input(traces::partial_path(target), input, option);
  }
}

ExitCode run(const Arguments& arguments) {
  // Before the model is loaded, which takes a while.
  expect_writable(arguments);
  (void)engine_config(arguments.config);
  InterruptGuard interrupt;
  const auto model = load_model(arguments.config.model, arguments.config.weights);
  const RecordingConfig config = with_noted_device(arguments.config, model);
  const auto result = record(config, model, arguments.out, interrupt);
  const traces::Reader trace(arguments.out);
  const ResultTable table =
      summary_table({{arguments.config.policy, episodes_summary(trace), result.tokens_per_s()}});
  print_tables({&table, 1}, arguments.json);
  note("trace: " + arguments.out);
  if (!result.totals.interrupted) return kSuccess;
  note("interrupted: the trace holds the episodes that had ended");
  return kInterrupted;
}

}  // namespace

void add_record(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  auto* command =
      app.add_subcommand("record", "Play agent episodes under a KV-cache policy, write a trace");
  add_options(*command, recording_options(arguments->config));
  command->add_option("-o,--out", arguments->out, "trace file (HDF5)")->required();
  command->add_flag("--json", arguments->json, "print the summary as JSON");
  const auto* file = command->get_option("--config");
  command->callback([arguments, file, &code] {
    if (!file->empty()) arguments->config_file = file->as<std::string>();
    code = run(*arguments);
  });
}

}  // namespace pagequest::cli
