// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/evaluation/ablation.h"
#include "cli/evaluation/agreement.h"
#include "cli/evaluation/custom_task.h"
#include "cli/evaluation/frontier.h"
#include "cli/evaluation/request.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "notebooks_export/atomic_file.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  EvaluationRequest request;
  std::string out;
  bool json = false;
};

struct Results {
  std::vector<ResultTable> tables;
  std::vector<std::pair<std::string, std::string>> documents;  // file, Markdown
};

Results results_of(const Evaluation& evaluation, const std::vector<EvaluatedCell>& finished,
                   bool is_custom) {
  Results results;
  results.tables.push_back(frontier_table(finished));
  std::string frontier = frontier_markdown(finished, evaluation.command);
  if (is_custom) {
    results.tables.push_back(agreement_table(finished));
    frontier += agreement_markdown(results.tables.back());
  }
  results.documents.emplace_back("frontier.md", std::move(frontier));
  ResultTable ablation = ablation_table(finished);
  if (ablation.rows().empty()) return results;
  results.documents.emplace_back("ablation.md",
                                 ablation_markdown(ablation, finished, evaluation.command));
  results.tables.push_back(std::move(ablation));
  return results;
}

void write(const Results& results, const Arguments& arguments) {
  const fs::path out = arguments.out;
  write_csv(results.tables, out);
  for (const auto& [name, text] : results.documents) {
    notebooks_export::write_file(out / name, text);
    note(fs::path(name).stem().string() + ": " + (out / name).string());
  }
  print_tables(results.tables, arguments.json);
}

ExitCode run(const Arguments& arguments) {
  const Evaluation evaluation = evaluation_of(arguments.request);
  const fs::path cells = fs::path(arguments.out) / "cells";
  notebooks_export::make_folder(cells);
  InterruptGuard interrupt;
  CellPlayer player(evaluation.cells, evaluation.models, cells, interrupt);
  if (player.found() > 0) note(fmt::format("{} cells were played before", player.found()));
  const bool whole = player.run(evaluation.jobs);
  const std::vector<EvaluatedCell> finished = player.finished();
  write(results_of(evaluation, finished, arguments.request.is_custom()), arguments);
  if (whole) return kSuccess;
  note(fmt::format("interrupted: {} of {} cells are whole; the same command goes on",
                   finished.size(), evaluation.cells.size()));
  return kInterrupted;
}

/// What either a suite or a custom task has no use for.
void note_given(const CLI::App& command, EvaluationRequest& request) {
  const auto add = [&](const std::string& name) {
    if (!command.get_option("--" + name)->empty()) request.given.push_back(name);
  };
  for (const Option& option : custom_options(request.config)) add(option.name);
  for (const std::string_view name : kSuiteOptions) add(std::string(name));
  add("config");
  add("budgets");
}

void add_choices(CLI::App& command, EvaluationRequest& request) {
  command.add_option(
      "--suite", request.suite,
      "what is played, if no --task is given: ablation, long, paper (by default) or quick");
  command.add_flag("--ablate", request.ablate, "the same as --suite ablation");
  command.add_flag("--quick", request.quick, "the same as --suite quick: paper in a minute");
  command
      .add_option("--jobs", request.jobs,
                  "cells at a time, on a core each; 0: as many as there are cores, or with --task "
                  "one on all of them")
      ->check(CLI::Range(0, 1024));
  command.add_option("--tasks", request.tasks, "of the suite; all by default")->delimiter(',');
  command
      .add_option("--policies", request.policies,
                  "of the suite, all by default; or to compare with full on the task, such as "
                  "h2o:sharing=head,score=mean,rkv")
      ->delimiter(',');
  command
      .add_option("--budgets", request.budgets,
                  "tokens of one sequence, of the policies that take a budget on the task")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
}

/// The options of a recording, with what they are to a suite.
std::vector<Option> task_options(RecordingConfig& config) {
  std::vector<Option> options = custom_options(config);
  for (Option& option : options) {
    if (option.name == "model") {
      option.help +=
          "; of a suite, that of the agentic task: the other lies beside it, with _cot behind its "
          "name";
    }
    if (option.name == "episodes") {
      option.help =
          "of each cell; -1: as the suite has it; with --task all lines of the task's file, or " +
          std::to_string(kEndlessTaskEpisodes);
    }
  }
  return options;
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  EvaluationRequest& request = arguments->request;
  request.config.agent.task = "";
  request.config.agent.seed = 3'000'000;  // no seed that anything was trained or tuned on
  auto* command = app.add_subcommand(
      "eval", "Measure accuracy against memory: policies x budgets x tasks, resumable");
  add_options(*command, task_options(request.config));
  add_choices(*command, request);
  command->add_option("-o,--out", arguments->out, "folder; cells found there are not played again")
      ->required();
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments, command, &code] {
    note_given(*command, arguments->request);
    code = run(*arguments);
  });
}

}  // namespace pagequest::cli
