// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/simulation.h"
#include "traces/reader.h"

namespace pagequest::cli {

void add_simulate(CLI::App& app, ExitCode& /*code*/) {
  struct Arguments {
    std::string trace;
    std::string out;
    SimulationOptions options;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command =
      app.add_subcommand("simulate", "Serve the recorded episodes on a simulated GPU server");
  command->add_option("trace", arguments->trace, "trace file")->required();
  command->add_option("-o,--out", arguments->out, "folder for the tables as CSV");
  add_options(*command, arguments->options);
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] {
    const traces::Reader trace(arguments->trace);
    const auto tables = simulate(trace, arguments->options);
    if (!arguments->out.empty()) write_csv(tables, arguments->out);
    print_short(tables, arguments->json);
  });
}

}  // namespace pagequest::cli
