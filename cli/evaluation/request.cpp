// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/request.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/params.h"
#include "cli/evaluation/custom_task.h"
#include "cli/evaluation/suite.h"
#include "cli/load_model.h"
#include "engine/agent/tasks/task.h"
#include "engine/model/model.h"

namespace pagequest::cli {
namespace {

constexpr std::array<std::string_view, 3> kOfBoth = {"model", "seed", "episodes"};

[[noreturn]] void throw_of_other(const std::string& option, const std::string& beside,
                                 const std::string& expected) {
  throw usage_error({.what = "an option that has no use here",
                     .where = "option --" + option,
                     .found = beside,
                     .expected = expected,
                     .hint = "`pagequest eval --help` tells which go together"});
}

/// A suite decides by itself what else a custom task leaves to the user, and the other way round.
void refuse_mixture(const EvaluationRequest& request) {
  for (const std::string& option : request.given) {
    if (std::ranges::find(kOfBoth, option) != kOfBoth.end()) continue;
    const bool of_suites = std::ranges::find(kSuiteOptions, option) != kSuiteOptions.end();
    if (of_suites && request.is_custom()) {
      throw_of_other(option, "a task of your own, with --task", "a suite or a task");
    }
    if (!of_suites && !request.is_custom()) {
      throw_of_other(option, "a suite, which sets it by itself", "--task beside it");
    }
  }
  const std::string beside = "--suite " + request.suite;
  const std::string one = "one of the two";
  if (request.ablate && request.quick) throw_of_other("quick", "--ablate", one);
  if (request.suite.empty()) return;
  if (request.ablate && request.suite != "ablation") throw_of_other("ablate", beside, one);
  const bool has_quick = request.suite == "quick" || request.suite == kDefaultSuite;
  if (request.quick && !has_quick) throw_of_other("quick", beside, one);
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

std::string suite_name(const EvaluationRequest& request) {
  if (request.ablate) return "ablation";
  if (request.quick) return "quick";
  return request.suite.empty() ? kDefaultSuite : request.suite;
}

std::int32_t episodes_of(const Suite& suite, std::int32_t asked) {
  if (asked == agent::kAllEpisodes) return suite.episodes;
  if (asked > 0) return asked;
  throw usage_error({.what = "impossible setting",
                     .where = "episodes",
                     .found = std::to_string(asked),
                     .expected = "at least 1, or -1 for as many as the suite has",
                     .hint = {}});
}

std::vector<CellSpec> suite_cells(const EvaluationRequest& request) {
  const Suite suite = suite_named(suite_name(request));
  const agent::AgentConfig& agent = request.config.agent;
  std::vector<CellSpec> cells = cells_of(suite, agent.seed, episodes_of(suite, agent.episodes));
  keep_named(cells, request.tasks, "task of the suite",
             [](const CellSpec& cell) { return cell.task.task; });
  keep_named(cells, request.policies, "policy of the suite",
             [](const CellSpec& cell) { return cell.policy.label; });
  return cells;
}

std::string command_of(const EvaluationRequest& request, const std::string& what) {
  const RecordingConfig& config = request.config;
  std::string text = fmt::format("pagequest eval --{} --model {} --seed {}", what, config.model,
                                 config.agent.seed);
  if (config.agent.episodes != agent::kAllEpisodes) {
    text += fmt::format(" --episodes {}", config.agent.episodes);
  }
  return text;
}

Evaluation suite_evaluation(const EvaluationRequest& request) {
  const auto cores = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  Evaluation evaluation{
      .cells = suite_cells(request),
      .models = {},
      .command = command_of(request, "suite " + suite_name(request)) + " -o FOLDER",
      .jobs = request.jobs > 0 ? request.jobs : cores};
  for (const CellSpec& cell : evaluation.cells) {
    const std::string& model = cell.task.model;
    if (evaluation.models.contains(model)) continue;
    evaluation.models.emplace(model, load_model(request.config.model + model, "stored"));
  }
  return evaluation;
}

std::string comparison_text(const EvaluationRequest& request) {
  std::string text;
  if (!request.policies.empty()) {
    text += fmt::format(" --policies {}", fmt::join(request.policies, ","));
  }
  if (!request.budgets.empty()) {
    text += fmt::format(" --budgets {}", fmt::join(request.budgets, ","));
  }
  return text;
}

/// Cells at a time take a core each; one alone takes all, or as many as the user says.
RecordingConfig with_threads(const EvaluationRequest& request) {
  RecordingConfig config = request.config;
  if (request.jobs <= 1) return config;
  if (config.engine.threads > 1) {
    throw_of_other("threads", fmt::format("--jobs {}", request.jobs), "one of the two");
  }
  config.engine.threads = 1;
  return config;
}

/// What can be refused is, before the model is loaded, which takes a while.
Evaluation custom_evaluation(const EvaluationRequest& request) {
  const RecordingConfig config = with_threads(request);
  (void)agent::find_task(config.agent.task);
  std::vector<CellSpec> cells =
      compared_cells({.policies = request.policies, .budgets = request.budgets});
  (void)engine_config(config);
  Evaluation evaluation{.cells = {},
                        .models = {},
                        .command = command_of(request, "task " + config.agent.task) +
                                   comparison_text(request) + " -o FOLDER",
                        .jobs = std::max(1, request.jobs)};
  const auto& [name, model] =
      *evaluation.models.emplace("", load_model(config.model, config.weights)).first;
  evaluation.cells = cells_of(config, std::move(cells), model);
  return evaluation;
}

}  // namespace

Evaluation evaluation_of(const EvaluationRequest& request) {
  refuse_mixture(request);
  return request.is_custom() ? custom_evaluation(request) : suite_evaluation(request);
}

}  // namespace pagequest::cli
