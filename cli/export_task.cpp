// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/output.h"
#include "engine/agent/tasks/export_jsonl.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  std::string task = "pocket-hops";
  std::string setting = "default";
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::uint64_t count = 100;
  agent::ExportOptions options;
  std::string out = "-";
  bool json = false;
};

void write(const Arguments& arguments, std::ostream& out) {
  agent::export_jsonl(arguments.task, arguments.setting, arguments.seed, arguments.first,
                      arguments.count, out, arguments.options);
  out.flush();
  if (out) return;
  throw output_error({.what = "can't write the episodes",
                      .where = arguments.out,
                      .found = {},
                      .expected = "a writable file on a disk with room",
                      .hint = {}});
}

void run(const Arguments& arguments) {
  if (arguments.out == "-") return write(arguments, std::cout);
  std::ofstream file(arguments.out);
  write(arguments, file);
  ResultTable table("export", "JSON lines that were written.", {{"file", ""}, {"episodes", ""}});
  table.add({arguments.out, static_cast<std::int64_t>(arguments.count)});
  print_tables({&table, 1}, arguments.json);
}

}  // namespace

void add_export_task(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "export-task", "Expert trajectories and auxiliary samples of a task as JSON lines");
  command->add_option("--task", arguments->task, "see `pagequest list tasks`")
      ->capture_default_str();
  command->add_option("--setting", arguments->setting, "setting of the task")
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "seed of the worlds")->capture_default_str();
  command->add_option("--first", arguments->first, "index of the first episode")
      ->capture_default_str();
  command->add_option("--count", arguments->count, "number of episodes")->capture_default_str();
  command->add_option("--holes", arguments->options.holes, "share of episodes that carry evictions")
      ->capture_default_str();
  command->add_option("-o,--out", arguments->out, "JSON-lines file, - for stdout")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "print what was written to a file as JSON");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace pagequest::cli
