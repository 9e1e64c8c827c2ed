// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_run.h"

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/point_evaluator.h"
#include "cli/progress.h"
#include "simulator/sweep/mpi_ranks.h"
#include "simulator/sweep/point_result.h"
#include "simulator/sweep/run_points.h"

namespace pagequest::cli {
namespace {

using Points = std::vector<std::size_t>;
using simulator::SweepWork;
using RunPoints = std::function<bool(std::span<const std::size_t>, const SweepWork&)>;

/// The error on one line, as a table holds it.
std::string one_line(const ErrorInfo& info) {
  std::string text = info.what;
  if (!info.where.empty()) text += ", " + info.where;
  if (!info.found.empty()) text += "; found: " + info.found;
  if (!info.expected.empty()) text += "; expected: " + info.expected;
  return text;
}

simulator::PointResult result_of(PointEvaluator& evaluator,
                                 const PointEvaluator::Settings& settings) {
  try {
    return {.metrics = evaluator.evaluate(settings), .error = {}};
  } catch (const Error& error) {
    // That a configuration can't serve the load is an answer; a broken file is none.
    if (error.kind() != ErrorKind::usage) throw;
    return {.metrics = {}, .error = one_line(error.info())};
  }
}

/// Evaluates points of a plan and stores their results.
class StoredPoints {
 public:
  StoredPoints(const SweepFolder& folder, const simulator::SweepPlan& plan)
      : folder_(folder), plan_(plan) {}

  std::string evaluate(std::size_t point) {
    const auto settings = evaluator_.resolve(simulator::settings_of(plan_.file, point));
    const std::string& id = plan_.ids[point];
    if (simulator::point_id(settings) != id) throw_planned_otherwise(point);
    std::string text = simulator::result_text(id, settings, result_of(evaluator_, settings));
    folder_.write_result(id, text);
    return text;
  }

 private:
  [[noreturn]] void throw_planned_otherwise(std::size_t point) const {
    throw input_error({.what = "the sweep was planned with other inputs",
                       .where = folder_.path().string() + ", point " + std::to_string(point),
                       .found = "another configuration: a file that changed, or other defaults of "
                                "another version",
                       .expected = "that of the plan",
                       .hint = "plan the sweep again: results that still fit are kept"});
  }

  const SweepFolder& folder_;
  const simulator::SweepPlan& plan_;
  PointEvaluator evaluator_;
};

/// One process' run of a sweep, round by round.
class SweepRun {
 public:
  SweepRun(const SweepFolder& folder, const simulator::SweepPlan& plan,
           const simulator::Shard& shard)
      : plan_(plan), shard_(shard), results_(folder.read_results(plan)) {}

  /// False if it was interrupted.
  bool run(StoredPoints& stored, const RunPoints& run_points) {
    const SweepWork work{
        .evaluate = [&](std::size_t point) { return stored.evaluate(point); },
        .finished = [&](std::size_t point, const std::string& text) { finish(point, text); },
        .stop = [&] { return interrupt_.requested(); }};
    bool complete = true;
    for (Points round = next_round(); complete && !round.empty(); round = next_round()) {
      complete = run_points(round, work);
    }
    line_.done();
    return complete;
  }

  [[nodiscard]] std::size_t evaluated() const { return evaluated_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }

 private:
  [[nodiscard]] Points next_round() {
    const auto progress = simulator::progress_of(plan_, results_);
    total_ = evaluated_ + simulator::points_of(shard_, progress.missing).size();
    return simulator::points_of(shard_, progress.missing);
  }

  void finish(std::size_t point, const std::string& text) {
    results_[point] = simulator::parse_result(text, plan_.ids[point]);
    ++evaluated_;
    failed_ += results_[point] && !results_[point]->error.empty() ? 1 : 0;
    line_.show(static_cast<std::int64_t>(evaluated_), static_cast<std::int64_t>(total_), "points");
  }

  const simulator::SweepPlan& plan_;
  simulator::Shard shard_;
  simulator::PointResults results_;
  InterruptGuard interrupt_;
  ProgressLine line_{"simulating"};
  std::size_t evaluated_ = 0;
  std::size_t failed_ = 0;
  std::size_t total_ = 0;
};

void expect_shardable(const simulator::SweepPlan& plan, const simulator::Shard& shard) {
  if (shard.count == 1 || !plan.file.search) return;
  throw usage_error({.what = "a search can't be split into shards",
                     .where = "--shard",
                     .found = "rounds that depend on the results of all points before",
                     .expected = "a grid",
                     .hint = "use --jobs or --mpi"});
}

ExitCode run_all(const SweepFolder& folder, const simulator::SweepPlan& plan,
                 const simulator::Shard& shard, const RunPoints& run_points) {
  StoredPoints stored(folder, plan);
  SweepRun run(folder, plan, shard);
  const bool complete = run.run(stored, run_points);
  note(fmt::format("{} points simulated, {} of them impossible; {}: {}", run.evaluated(),
                   run.failed(), complete ? "done" : "interrupted, run again to go on",
                   folder.path().string()));
  return complete ? kSuccess : kInterrupted;
}

ExitCode run_rank(const SweepFolder& folder, const simulator::SweepPlan& plan,
                  simulator::MpiRanks& ranks) {
  if (ranks.rank() == 0) {
    const ExitCode code = run_all(folder, plan, {}, [&](auto points, const SweepWork& work) {
      return ranks.run(points, work);
    });
    ranks.dismiss();
    return code;
  }
  const InterruptGuard interrupt;  // rank 0 decides when to stop
  StoredPoints stored(folder, plan);
  ranks.serve([&](std::size_t point) { return stored.evaluate(point); });
  return kSuccess;
}

}  // namespace

ExitCode run_sweep(const SweepFolder& folder, std::int32_t jobs, const simulator::Shard& shard) {
  const auto plan = folder.read_plan();
  expect_shardable(plan, shard);
  return run_all(folder, plan, shard, [jobs](auto points, const SweepWork& work) {
    return simulator::run_points(points, jobs, work);
  });
}

ExitCode run_sweep_over_mpi(const SweepFolder& folder) {
  if (!simulator::MpiRanks::is_built_in()) simulator::MpiRanks().dismiss();  // says so
  const auto plan = folder.read_plan();
  simulator::MpiRanks ranks;
  try {
    return run_rank(folder, plan, ranks);
  } catch (const Error& error) {
    // MPI ends all ranks before the error would come to where errors are printed.
    note(std::string("error: ") + error.what());
    throw;
  }
}

}  // namespace pagequest::cli
