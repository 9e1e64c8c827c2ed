// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "analyzer/run_analyses.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/recorded_attention.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

struct Arguments {
  std::vector<std::string> positional;  // names of analyses, and the trace
  std::string out;
  std::vector<std::string> names;
  std::vector<std::string> params;  // NAME=VALUE
  bool json = false;
};

std::map<std::string, std::string> parse_params(const Arguments& arguments) {
  if (!arguments.params.empty() && arguments.names.size() != 1) {
    throw usage_error({.what = "parameters need one analysis",
                       .found = std::to_string(arguments.names.size()) + " analyses",
                       .expected = "exactly one --analysis beside --param",
                       .hint = "run the analyses one by one"});
  }
  std::map<std::string, std::string> params;
  for (const auto& text : arguments.params) params.insert(parse_pair(text));
  return params;
}

std::vector<analyzer::AnalysisRequest> requests_of(const Arguments& arguments) {
  if (arguments.names.empty() && arguments.params.empty()) return analyzer::all_analyses();
  const auto params = parse_params(arguments);
  std::vector<analyzer::AnalysisRequest> requests;
  for (const auto& name : arguments.names) requests.push_back({name, params});
  return requests;
}

void note_missing_attention(const traces::Header& header,
                            const std::vector<analyzer::AnalysisRequest>& requests) {
  if (has_attention(header) || !analyzer::AnalysisSet(requests, header).wants_attention()) return;
  note("the trace was recorded with --no-attention: tables about attention are empty");
}

void note_missing_kernel_times(const traces::Header& header, const Arguments& arguments) {
  const auto& names = arguments.names;
  if (header.kernel_timing || std::find(names.begin(), names.end(), "kernels") == names.end()) {
    return;
  }
  note(
      "the trace has no kernel times: its tables are empty; `record --kernel-times auto` times "
      "what computes");
}

void run(Arguments arguments) {
  const std::string path = arguments.positional.back();
  arguments.names.insert(arguments.names.end(), arguments.positional.begin(),
                         arguments.positional.end() - 1);
  const traces::Reader trace(path);
  const auto requests = requests_of(arguments);
  note_missing_attention(trace.header(), requests);
  note_missing_kernel_times(trace.header(), arguments);
  ProgressLine line("analysing " + path);
  const auto results =
      analyzer::run_analyses(trace, requests, [&line](std::size_t done, std::size_t total) {
        line.show(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "episodes");
      });
  line.done();
  const auto tables = analyzer::all_tables(results);
  if (!arguments.out.empty()) write_csv(tables, arguments.out);
  print_short(tables, arguments.json);
}

}  // namespace

void add_analyze(CLI::App& app, ExitCode& /*code*/) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "analyze", "How the pages of a recording are used, and where its time went");
  command
      ->add_option("trace", arguments->positional,
                   "trace file; names of analyses may stand before it")
      ->required();
  command->add_option("-o,--out", arguments->out, "folder for the tables as CSV");
  command->add_option("--analysis", arguments->names,
                      "analysis to run, repeatable; all of them by default");
  command->add_option("--param", arguments->params, "parameter of the one analysis, NAME=VALUE");
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace pagequest::cli
