// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

ResultTable findings_table(const std::vector<traces::Finding>& findings) {
  ResultTable table(
      "findings",
      "What contradicts the invariants of a trace; notes only say that it was cut short.",
      {{"rule", ""}, {"severity", ""}, {"episode", ""}, {"step", ""}, {"message", ""}});
  for (const auto& finding : findings) {
    const bool is_error = finding.severity == traces::Severity::error;
    table.add({std::string(finding.rule), std::string(is_error ? "error" : "note"),
               std::int64_t{finding.episode.value}, std::int64_t{finding.step}, finding.message});
  }
  return table;
}

ResultTable verdict_table(const traces::Reader& trace,
                          const std::vector<traces::Finding>& findings) {
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const auto& finding) {
    return finding.severity == traces::Severity::error;
  });
  ResultTable table("check", "The verdict on the whole trace.",
                    {{"whole_episodes", "episodes"},
                     {"planned", "episodes"},
                     {"rules", "rules"},
                     {"errors", "findings"},
                     {"notes", "findings"},
                     {"verdict", ""}});
  table.add({static_cast<std::int64_t>(trace.episodes().size()),
             std::int64_t{trace.header().episodes_planned},
             static_cast<std::int64_t>(traces::check_rules().size()), std::int64_t{errors},
             std::ssize(findings) - errors, std::string(errors == 0 ? "sound" : "broken")});
  return table;
}

ExitCode run(const std::string& path, bool json) {
  const traces::Reader trace(path);
  ProgressLine line("checking " + path);
  const auto total = std::ssize(trace.episodes());
  const auto findings = traces::check_trace(trace, [&](std::size_t done) {
    line.show(static_cast<std::int64_t>(done), total, "episodes");
  });
  line.done();
  std::vector<ResultTable> tables = {verdict_table(trace, findings)};
  if (!findings.empty()) tables.push_back(findings_table(findings));
  print_tables(tables, json);
  return tables.front().number(0, "errors") == 0 ? kSuccess : kCheckFailed;
}

}  // namespace

void add_check(CLI::App& app, ExitCode& code) {
  struct Arguments {
    std::string trace;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("check", "Hold a trace against its invariants");
  command->add_option("trace", arguments->trace, "trace file")->required();
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments, &code] { code = run(arguments->trace, arguments->json); });
}

}  // namespace pagequest::cli
