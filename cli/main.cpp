// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/version.h"

namespace {

using namespace pagequest;
using namespace pagequest::cli;

int run(int argc, char** argv) {
  CLI::App app{"PageQuest: an instrument for the KV caches of long-running LLM agents",
               "pagequest"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  ExitCode code = kSuccess;
  add_list(app, code);
  add_record(app, code);
  add_info(app, code);
  add_inspect(app, code);
  add_check(app, code);
  add_analyze(app, code);
  add_simulate(app, code);
  add_capacity(app, code);
  add_sweep(app, code);
  add_report(app, code);
  add_study(app, code);
  add_eval(app, code);
  add_export_task(app, code);
  add_bench(app, code);
  add_calibrate(app, code);
  add_validate(app, code);
  add_corpus(app, code);
  try {
    app.parse(argc, argv);
    return code;
  } catch (const CLI::ParseError& error) {
    const bool is_answer = app.exit(error, std::cout, std::cerr) == 0;
    return is_answer ? kSuccess : kUsageError;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "internal error: " << error.what() << '\n';
    return kInternalError;
  }
}
