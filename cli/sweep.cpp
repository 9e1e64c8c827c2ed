// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/output_path.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/point_evaluator.h"
#include "cli/sweep_folder.h"
#include "cli/sweep_run.h"
#include "cli/sweep_shard.h"
#include "simulator/sweep/collect.h"
#include "simulator/sweep/job_template.h"
#include "simulator/sweep/pareto_search.h"
#include "simulator/sweep/sqlite_file.h"

namespace pagequest::cli {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in) return text;
  throw input_error({.what = "can't read the sweep",
                     .where = path,
                     .found = "no readable file",
                     .expected = "a YAML file",
                     .hint = {}});
}

void plan(const std::string& file, const SweepFolder& folder) {
  PointEvaluator evaluator;
  const simulator::SweepNames names{.settings = PointEvaluator::setting_names(),
                                    .metrics = PointEvaluator::metric_names()};
  const auto plan = simulator::plan_sweep(
      simulator::parse_sweep(read_text(file), file, names),
      [&](const simulator::SweepSettings& settings) { return evaluator.resolve(settings); });
  const auto results = folder.read_results(plan);
  const auto progress = simulator::progress_of(plan, results);
  folder.write_plan(plan);
  note(fmt::format("{} points, {} of {} have results: {}", plan.size(),
                   progress.reached.size() - progress.missing.size(), progress.reached.size(),
                   folder.path().string()));
}

[[noreturn]] void throw_unfinished(const SweepFolder& folder,
                                   const simulator::SweepProgress& progress) {
  throw input_error(
      {.what = "the sweep has points without results",
       .where = folder.path().string(),
       .found = fmt::format("{} of {}", progress.missing.size(), progress.reached.size()),
       .expected = "none",
       .hint = "run it again to compute them, or collect what there is with "
               "--partial"});
}

/// The results that belong to the sweep: a folder may hold others, of an earlier plan.
simulator::PointResults reached_results(const simulator::SweepProgress& progress,
                                        simulator::PointResults all) {
  simulator::PointResults reached(all.size());
  for (const std::size_t point : progress.reached) reached[point] = std::move(all[point]);
  return reached;
}

void collect(const SweepFolder& folder, bool partial, bool as_json) {
  const auto plan = folder.read_plan();
  auto all = folder.read_results(plan);
  const auto progress = simulator::progress_of(plan, all);
  const bool complete = progress.missing.empty();
  if (!complete && !partial) throw_unfinished(folder, progress);
  if (complete) folder.remove_remains();
  const auto results = reached_results(progress, std::move(all));
  const std::vector<ResultTable> tables = {simulator::points_table(plan, results),
                                           simulator::fixed_table(plan)};
  write_csv(tables, folder.path());
  simulator::write_sqlite(tables, folder.path() / "points.sqlite");
  print_short(tables, as_json);
}

void add_plan(CLI::App& sweep) {
  struct Arguments {
    std::string file;
    std::string out;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = sweep.add_subcommand("plan", "Write the manifest of a sweep");
  command->add_option("file", arguments->file, "YAML file with fixed settings and axes")
      ->required();
  command->add_option("-o,--out", arguments->out, "folder of the sweep")->required();
  command->callback([arguments] { plan(arguments->file, SweepFolder(arguments->out)); });
}

void add_run(CLI::App& sweep, ExitCode& code) {
  struct Arguments {
    std::string folder;
    std::string shard = "0/1";
    std::int32_t jobs =
        static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
    bool mpi = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command =
      sweep.add_subcommand("run", "Simulate the points of a planned sweep that have no result");
  command->add_option("folder", arguments->folder, "folder of the sweep")->required();
  auto* jobs = command->add_option("--jobs", arguments->jobs, "points at a time [all cores]")
                   ->check(CLI::Range(1, 1024));
  auto* shard = command->add_option("--shard", arguments->shard,
                                    "part of the points: INDEX/COUNT, slurm, or k8s/COUNT");
  command->add_flag("--mpi", arguments->mpi, "share the points among the ranks of mpirun or srun")
      ->excludes(shard)
      ->excludes(jobs);
  command->callback([arguments, &code] {
    const SweepFolder folder(arguments->folder);
    code = arguments->mpi ? run_sweep_over_mpi(folder)
                          : run_sweep(folder, arguments->jobs, shard_of(arguments->shard));
  });
}

void add_collect(CLI::App& sweep) {
  struct Arguments {
    std::string folder;
    bool partial = false;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = sweep.add_subcommand("collect", "Merge the results into SQLite and CSV");
  command->add_option("folder", arguments->folder, "folder of the sweep")->required();
  command->add_flag("--partial", arguments->partial, "also when points have no result yet");
  command->add_flag("--json", arguments->json, "print the tables as JSON");
  command->callback([arguments] {
    collect(SweepFolder(arguments->folder), arguments->partial, arguments->json);
  });
}

void add_template(CLI::App& sweep) {
  struct Arguments {
    std::string scheduler;
    simulator::JobSize size{.folder = "/path/of/sweep"};
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command =
      sweep.add_subcommand("template", "Print a job that runs a planned sweep in shards");
  command->add_option("scheduler", arguments->scheduler, "slurm or k8s")->required();
  command->add_option("--folder", arguments->size.folder, "folder of the sweep");
  command->add_option("--shards", arguments->size.shards, "processes")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--jobs", arguments->size.threads, "threads of each")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->callback([arguments] {
    fmt::print("{}", simulator::job_template(arguments->scheduler, arguments->size));
  });
}

}  // namespace

void add_sweep(CLI::App& app, ExitCode& code) {
  auto* sweep = app.add_subcommand("sweep", "Simulate many configurations, resumably");
  sweep->require_subcommand(1);
  add_plan(*sweep);
  add_run(*sweep, code);
  add_collect(*sweep);
  add_template(*sweep);
}

}  // namespace pagequest::cli
