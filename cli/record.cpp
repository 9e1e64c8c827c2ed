// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "cli/recording.h"
#include "cli/summary.h"
#include "engine/model/model.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  RecordingConfig config;
  std::string out;
  bool json = false;
};

ExitCode run(const Arguments& arguments) {
  InterruptGuard interrupt;
  const auto model = load_model(arguments.config.model, arguments.config.int8_weights);
  const auto result = record(arguments.config, model, arguments.out, interrupt);
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
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace pagequest::cli
