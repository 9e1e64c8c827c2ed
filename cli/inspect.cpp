// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/event_sink.h"
#include "cli/command.h"
#include "cli/inspection_tables.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "cli/recording.h"
#include "engine/model/model.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  RecordingConfig config;
  std::int64_t iterations = 64;
  bool json = false;
};

/// Keeps nothing, but wants the attention captured so that pages have masses.
class CaptureSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
};

/// The engine after `iterations` batches; none when interrupted before.
std::optional<runtime::Inspection> inspect_after(const RecordingConfig& asked,
                                                 std::int64_t iterations,
                                                 InterruptGuard& interrupt) {
  (void)engine_config(asked);  // before the model is loaded, which takes a while
  const auto model = load_model(asked.model, asked.weights);
  const RecordingConfig config = with_noted_device(asked, model);
  CaptureSink sink;
  agent::Runner runner(model, engine_config(config), agent_config(config), sink);
  std::optional<runtime::Inspection> inspection;
  std::int64_t played = 0;
  const auto totals = runner.run([&](std::int32_t, std::int32_t) { return !interrupt.requested(); },
                                 [&](const runtime::Engine& running) {
                                   if (++played < iterations) return true;
                                   inspection = running.inspect();
                                   return false;
                                 });
  if (inspection || totals.interrupted) return inspection;
  throw usage_error({.what = "the episodes ended before the inspection",
                     .where = "--iterations",
                     .found = std::to_string(iterations),
                     .expected = "at most " + std::to_string(played),
                     .hint = "play more episodes"});
}

ExitCode run(const Arguments& arguments) {
  if (arguments.iterations < 1) {
    throw usage_error({.what = "impossible option",
                       .where = "--iterations",
                       .found = std::to_string(arguments.iterations),
                       .expected = "at least 1",
                       .hint = {}});
  }
  InterruptGuard interrupt;
  const auto inspection = inspect_after(arguments.config, arguments.iterations, interrupt);
  if (!inspection) return kInterrupted;
  print_tables(inspection_tables(*inspection), arguments.json);
  return kSuccess;
}

}  // namespace

void add_inspect(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "inspect", "Play episodes for some iterations and show the pages of the KV pool");
  add_options(*command, recording_options(arguments->config));
  command->add_option("--iterations", arguments->iterations, "batches to play before the look")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace pagequest::cli
