// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/params.h"
#include "cli/command.h"
#include "cli/evaluation/ablation.h"
#include "cli/evaluation/agreement.h"
#include "cli/evaluation/cell_player.h"
#include "cli/evaluation/custom_task.h"
#include "cli/evaluation/frontier.h"
#include "cli/evaluation/suite.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "engine/agent/tasks/task.h"
#include "engine/model/model.h"
#include "notebooks_export/atomic_file.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  RecordingConfig config;  // of a custom task; a suite takes its model, seed and episodes
  std::string suite;       // empty: the task of `config`, or kDefaultSuite if that is empty too
  bool ablate = false;
  std::string out;
  std::int32_t jobs = 0;  // 0: as many as there are cores, or one of a custom task
  std::vector<std::string> tasks;
  std::vector<std::string> policies;
  std::vector<std::int32_t> budgets;
  bool json = false;
  std::vector<std::string> given;  // options that the user gave, without dashes
};

constexpr const char* kDefaultSuite = "paper";
constexpr std::array<std::string_view, 3> kOfBoth = {"model", "seed", "episodes"};
constexpr std::array<std::string_view, 3> kOfSuites = {"suite", "ablate", "tasks"};

/// What is to be played, and all that it takes.
struct Evaluation {
  std::vector<CellSpec> cells;
  Models models;
  std::string command;
  std::int32_t jobs;
};

bool is_custom(const Arguments& arguments) { return !arguments.config.agent.task.empty(); }

[[noreturn]] void throw_of_other(const std::string& option, const std::string& beside,
                                 const std::string& expected) {
  throw usage_error({.what = "an option that has no use here",
                     .where = "option --" + option,
                     .found = beside,
                     .expected = expected,
                     .hint = "`pagequest eval --help` tells which go together"});
}

/// A suite decides by itself what else a custom task leaves to the user, and the other way round.
void refuse_mixture(const Arguments& arguments) {
  for (const std::string& option : arguments.given) {
    if (std::ranges::find(kOfBoth, option) != kOfBoth.end()) continue;
    const bool of_suites = std::ranges::find(kOfSuites, option) != kOfSuites.end();
    if (of_suites && is_custom(arguments)) {
      throw_of_other(option, "a task of your own, with --task", "a suite or a task");
    }
    if (!of_suites && !is_custom(arguments)) {
      throw_of_other(option, "a suite, which sets it by itself", "--task beside it");
    }
  }
  if (!arguments.ablate || arguments.suite.empty() || arguments.suite == "ablation") return;
  throw_of_other("ablate", "--suite " + arguments.suite, "one of the two");
}

void keep_named(std::vector<CellSpec>& cells, const std::vector<std::string>& wanted,
                const std::string& kind, std::string (*name)(const CellSpec&)) {
  if (wanted.empty()) return;
  std::vector<std::string> valid;
  for (const CellSpec& cell : cells) {
    if (std::ranges::find(valid, name(cell)) == valid.end()) valid.push_back(name(cell));
  }
  for (const std::string& one : wanted) {
    if (std::ranges::find(valid, one) == valid.end()) throw_unknown_name(kind, one, valid);
  }
  std::erase_if(cells, [&](const CellSpec& cell) {
    return std::ranges::find(wanted, name(cell)) == wanted.end();
  });
}

std::string suite_name(const Arguments& arguments) {
  if (arguments.ablate) return "ablation";
  return arguments.suite.empty() ? kDefaultSuite : arguments.suite;
}

std::vector<CellSpec> suite_cells(const Arguments& arguments) {
  const Suite suite = suite_named(suite_name(arguments));
  const agent::AgentConfig& agent = arguments.config.agent;
  const bool own = agent.episodes == agent::kAllEpisodes;
  std::vector<CellSpec> cells = cells_of(suite, agent.seed, own ? suite.episodes : agent.episodes);
  keep_named(cells, arguments.tasks, "task of the suite",
             [](const CellSpec& cell) { return cell.task.task; });
  keep_named(cells, arguments.policies, "policy of the suite",
             [](const CellSpec& cell) { return cell.policy.label; });
  return cells;
}

std::string command_of(const Arguments& arguments, const std::string& what) {
  const RecordingConfig& config = arguments.config;
  std::string text = fmt::format("pagequest eval --{} --model {} --seed {}", what, config.model,
                                 config.agent.seed);
  if (config.agent.episodes != agent::kAllEpisodes) {
    text += fmt::format(" --episodes {}", config.agent.episodes);
  }
  return text;
}

Evaluation suite_evaluation(const Arguments& arguments) {
  const auto cores = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  Evaluation evaluation{
      .cells = suite_cells(arguments),
      .models = {},
      .command = command_of(arguments, "suite " + suite_name(arguments)) + " -o FOLDER",
      .jobs = arguments.jobs > 0 ? arguments.jobs : cores};
  for (const CellSpec& cell : evaluation.cells) {
    const std::string& model = cell.task.model;
    if (evaluation.models.contains(model)) continue;
    evaluation.models.emplace(model, load_model(arguments.config.model + model, "stored"));
  }
  return evaluation;
}

std::string comparison_text(const Arguments& arguments) {
  std::string text;
  if (!arguments.policies.empty()) {
    text += fmt::format(" --policies {}", fmt::join(arguments.policies, ","));
  }
  if (!arguments.budgets.empty()) {
    text += fmt::format(" --budgets {}", fmt::join(arguments.budgets, ","));
  }
  return text;
}

/// What can be refused is, before the model is loaded, which takes a while.
Evaluation custom_evaluation(const Arguments& arguments) {
  const RecordingConfig& config = arguments.config;
  (void)agent::find_task(config.agent.task);
  std::vector<CellSpec> cells =
      compared_cells({.policies = arguments.policies, .budgets = arguments.budgets});
  (void)engine_config(config);
  Evaluation evaluation{.cells = {},
                        .models = {},
                        .command = command_of(arguments, "task " + config.agent.task) +
                                   comparison_text(arguments) + " -o FOLDER",
                        .jobs = std::max(1, arguments.jobs)};
  const auto& [name, model] =
      *evaluation.models.emplace("", load_model(config.model, config.weights)).first;
  evaluation.cells = cells_of(config, std::move(cells), model);
  return evaluation;
}

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
  results.documents.emplace_back("ablation.md", ablation_markdown(ablation, evaluation.command));
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
  refuse_mixture(arguments);
  const Evaluation evaluation =
      is_custom(arguments) ? custom_evaluation(arguments) : suite_evaluation(arguments);
  const fs::path cells = fs::path(arguments.out) / "cells";
  notebooks_export::make_folder(cells);
  InterruptGuard interrupt;
  CellPlayer player(evaluation.cells, evaluation.models, cells, interrupt);
  if (player.found() > 0) note(fmt::format("{} cells were played before", player.found()));
  const bool whole = player.run(evaluation.jobs);
  const std::vector<EvaluatedCell> finished = player.finished();
  write(results_of(evaluation, finished, is_custom(arguments)), arguments);
  if (whole) return kSuccess;
  note(fmt::format("interrupted: {} of {} cells are whole; the same command goes on",
                   finished.size(), evaluation.cells.size()));
  return kInterrupted;
}

/// What either a suite or a custom task has no use for.
void note_given(const CLI::App& command, Arguments& arguments) {
  const auto add = [&](const std::string& name) {
    if (!command.get_option("--" + name)->empty()) arguments.given.push_back(name);
  };
  for (const Option& option : custom_options(arguments.config)) add(option.name);
  for (const std::string_view name : kOfSuites) add(std::string(name));
  add("config");
  add("budgets");
}

void add_choices(CLI::App& command, Arguments& arguments) {
  command.add_option(
      "--suite", arguments.suite,
      "what is played, if no --task is given: ablation, paper (by default) or quick");
  command.add_flag("--ablate", arguments.ablate, "the same as --suite ablation");
  command
      .add_option("--jobs", arguments.jobs,
                  "cells at a time; 0: as many as there are cores, or one with --task")
      ->check(CLI::Range(0, 1024));
  command.add_option("--tasks", arguments.tasks, "of the suite; all by default")->delimiter(',');
  command
      .add_option("--policies", arguments.policies,
                  "of the suite, all by default; or to compare with full on the task, such as "
                  "h2o:sharing=head,score=mean,rkv")
      ->delimiter(',');
  command
      .add_option("--budgets", arguments.budgets,
                  "tokens of one sequence, of the policies that take a budget on the task")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  command.add_option("-o,--out", arguments.out, "folder; cells found there are not played again")
      ->required();
  command.add_flag("--json", arguments.json, "print the tables as JSON");
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  arguments->config.agent.task = "";
  arguments->config.agent.seed = 3'000'000;  // no seed that anything was trained or tuned on
  auto* command = app.add_subcommand(
      "eval", "Measure accuracy against memory: policies x budgets x tasks, resumable");
  add_options(*command, custom_options(arguments->config));
  add_choices(*command, *arguments);
  command->callback([arguments, command, &code] {
    note_given(*command, *arguments);
    code = run(*arguments);
  });
}

}  // namespace pagequest::cli
