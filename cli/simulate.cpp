// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/simulation.h"

namespace pagequest::cli {

void add_simulate(CLI::App& app, ExitCode& /*code*/) {
  struct Arguments {
    std::string trace;
    std::string out;
    SimulationOptions options;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("simulate", "Serve a workload on simulated GPU servers");
  command
      ->add_option("trace", arguments->trace,
                   "trace of `pagequest record`, request trace (docs/request_traces.md), or "
                   "agents:PRESET (docs/workloads.md)")
      ->required();
  command->add_option("-o,--out", arguments->out, "folder for the tables as CSV");
  add_options(*command, arguments->options);
  add_policy_option(*command, arguments->options);
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] {
    const auto tables = simulate(arguments->trace, arguments->options);
    if (!arguments->out.empty()) write_csv(tables, arguments->out);
    print_short(tables, arguments->json);
  });
}

}  // namespace pagequest::cli
