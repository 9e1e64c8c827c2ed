// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/output_path.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/report_builder.h"
#include "cli/simulation.h"
#include "cli/studied_trace.h"
#include "notebooks_export/registry.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  std::vector<std::string> traces;
  std::string out;
  SimulationOptions simulation;
  bool notebook = true;
  bool json = false;
};

ResultTable files_table(const std::vector<std::filesystem::path>& files) {
  ResultTable table("report", "Files that were written.", {{"file", ""}});
  for (const auto& file : files) table.add({file.string()});
  return table;
}

void run(const Arguments& arguments) {
  const std::filesystem::path target = arguments.out;
  const auto& exporter = notebooks_export::exporter_for(target);
  for (const auto& trace : arguments.traces) expect_not_input(target, trace, "the traces");
  const auto traces =
      study_traces({arguments.traces.begin(), arguments.traces.end()}, arguments.simulation);
  const ResultTable table = files_table(write_report(traces, target, exporter, arguments.notebook));
  print_tables({&table, 1}, arguments.json);
}

}  // namespace

void add_report(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("report", "One report of one or more traces");
  command->add_option("traces", arguments->traces, "trace files, the reference first")->required();
  command->add_option("-o,--out", arguments->out, "report.html, .json, .ipynb, or a folder of CSV")
      ->required();
  command->add_flag("--notebook,!--no-notebook", arguments->notebook,
                    "write a Jupyter notebook beside an HTML report");
  add_options(*command, arguments->simulation, "sim-");
  command->add_flag("--json", arguments->json, "print the files as JSON");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace pagequest::cli
