// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/params.h"
#include "cli/command.h"
#include "cli/evaluation/cell_player.h"
#include "cli/evaluation/frontier.h"
#include "cli/evaluation/suite.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "engine/model/model.h"
#include "notebooks_export/atomic_file.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string suite = "paper";
  std::string model = "engine/pocket";
  std::string out;
  std::uint64_t seed = 3'000'000;  // no seed that anything was trained or tuned on
  std::int32_t episodes = 0;       // 0: as the suite has it
  std::int32_t jobs = 0;           // 0: all cores
  std::vector<std::string> tasks;
  std::vector<std::string> policies;
  bool json = false;
};

Models load_models(const std::string& folder, const std::vector<CellSpec>& cells) {
  Models models;
  for (const CellSpec& cell : cells) {
    if (models.contains(cell.task.model)) continue;
    models.emplace(cell.task.model, load_model(folder + cell.task.model, "stored"));
  }
  return models;
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

std::vector<CellSpec> chosen_cells(const Arguments& arguments) {
  const Suite suite = suite_named(arguments.suite);
  const std::int32_t episodes = arguments.episodes > 0 ? arguments.episodes : suite.episodes;
  std::vector<CellSpec> cells = cells_of(suite, arguments.seed, episodes);
  keep_named(cells, arguments.tasks, "task of the suite",
             [](const CellSpec& cell) { return cell.task.task; });
  keep_named(cells, arguments.policies, "policy of the suite",
             [](const CellSpec& cell) { return cell.policy.label; });
  return cells;
}

std::string command_of(const Arguments& arguments) {
  std::string text = fmt::format("pagequest eval --suite {} --model {} --seed {}", arguments.suite,
                                 arguments.model, arguments.seed);
  if (arguments.episodes > 0) text += fmt::format(" --episodes {}", arguments.episodes);
  return text + " -o FOLDER";
}

ExitCode run(const Arguments& arguments) {
  const std::vector<CellSpec> cells = chosen_cells(arguments);
  const Models models = load_models(arguments.model, cells);
  const fs::path out = arguments.out;
  notebooks_export::make_folder(out);
  notebooks_export::make_folder(out / "cells");
  InterruptGuard interrupt;
  CellPlayer player(cells, models, out / "cells", interrupt);
  if (player.found() > 0) note(fmt::format("{} cells were played before", player.found()));
  const auto cores = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  const bool whole = player.run(arguments.jobs > 0 ? arguments.jobs : cores);
  const std::vector<EvaluatedCell> finished = player.finished();
  const ResultTable table = frontier_table(finished);
  write_csv({&table, 1}, out);
  notebooks_export::write_file(out / "frontier.md",
                               frontier_markdown(finished, command_of(arguments)));
  print_tables({&table, 1}, arguments.json);
  note("frontier: " + (out / "frontier.md").string());
  if (whole) return kSuccess;
  note(fmt::format("interrupted: {} of {} cells are whole; the same command goes on",
                   finished.size(), cells.size()));
  return kInterrupted;
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "eval", "Measure accuracy against memory: policies x budgets x tasks, resumable");
  command->add_option("--suite", arguments->suite, "what is played: ablation, paper or quick");
  command->add_option("--model", arguments->model,
                      "checkpoint of the agentic task; that of the others lies beside it, with "
                      "_cot behind its name");
  command->add_option("--seed", arguments->seed, "of the tasks");
  command->add_option("--episodes", arguments->episodes, "of each cell; 0: as the suite has it")
      ->check(CLI::Range(0, 1 << 20));
  command->add_option("--jobs", arguments->jobs, "cells at a time; 0: all cores")
      ->check(CLI::Range(0, 1024));
  command->add_option("--tasks", arguments->tasks, "of the suite; all by default")->delimiter(',');
  command->add_option("--policies", arguments->policies, "of the suite; all by default")
      ->delimiter(',');
  command->add_option("-o,--out", arguments->out, "folder; cells found there are not played again")
      ->required();
  command->add_flag("--json", arguments->json, "print the table as JSON");
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace pagequest::cli
