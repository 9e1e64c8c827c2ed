// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_codes.h"

namespace CLI {
class App;
}

namespace pagequest::cli {

/// Every subcommand adds itself to the application; its callback stores its exit code in `code`.
void add_analyze(CLI::App& app, ExitCode& code);
void add_bench(CLI::App& app, ExitCode& code);
void add_calibrate(CLI::App& app, ExitCode& code);
void add_capacity(CLI::App& app, ExitCode& code);
void add_check(CLI::App& app, ExitCode& code);
void add_corpus(CLI::App& app, ExitCode& code);
void add_eval(CLI::App& app, ExitCode& code);
void add_export_task(CLI::App& app, ExitCode& code);
void add_info(CLI::App& app, ExitCode& code);
void add_inspect(CLI::App& app, ExitCode& code);
void add_list(CLI::App& app, ExitCode& code);
void add_record(CLI::App& app, ExitCode& code);
void add_report(CLI::App& app, ExitCode& code);
void add_simulate(CLI::App& app, ExitCode& code);
void add_study(CLI::App& app, ExitCode& code);
void add_sweep(CLI::App& app, ExitCode& code);
void add_validate(CLI::App& app, ExitCode& code);

}  // namespace pagequest::cli
