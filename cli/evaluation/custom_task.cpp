// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/custom_task.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/event_sink.h"
#include "cli/evaluation/file_hash.h"
#include "cli/evaluation/policy_list.h"
#include "engine/agent/runner.h"
#include "engine/agent/tasks/task.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"

namespace pagequest::cli {
namespace {

constexpr std::array<std::string_view, 10> kNotTaken = {
    "policy",     "policy-param", "budget",     "attention",    "query-heads",
    "thresholds", "query-cosine", "key-bounds", "kernel-times", "ceilings"};

[[noreturn]] void throw_budgets(const std::string& what, const std::string& found,
                                const std::string& expected) {
  throw usage_error({.what = what,
                     .where = "option --budgets",
                     .found = found,
                     .expected = expected,
                     .hint = "`pagequest list policies` shows which policies take a budget"});
}

void check_budgets(const std::vector<SuitePolicy>& policies,
                   const std::vector<std::int32_t>& budgets) {
  const auto needs = std::ranges::find(policies, true, &SuitePolicy::budgeted);
  if (needs == policies.end() && !budgets.empty()) {
    throw_budgets("budgets for policies that take none",
                  std::to_string(budgets.size()) + " budgets", "none");
  }
  if (needs != policies.end() && budgets.empty()) {
    throw_budgets("a policy needs budgets", "none for `" + needs->label + "`",
                  "tokens of one sequence, such as 512,1024");
  }
  for (const std::int32_t budget : budgets) {
    if (std::ranges::count(budgets, budget) == 1) continue;
    throw_budgets("a budget is listed twice", std::to_string(budget), "each budget once");
  }
}

CellSpec cell_of(const SuitePolicy& policy, std::int32_t budget) {
  return {.task = {}, .policy = policy, .budget_tokens = budget};
}

/// What goes by the task where the user has said nothing.
RecordingConfig with_episodes(RecordingConfig config) {
  const agent::Task& task = agent::find_task(config.agent.task);
  if (config.agent.episodes == agent::kAllEpisodes && task.files.empty()) {
    config.agent.episodes = kEndlessTaskEpisodes;
  }
  return config;
}

/// The number of threads changes no result; a file counts by what it holds, not by its name.
std::string key_of(RecordingConfig config) {
  nlohmann::json key = nlohmann::json::parse(resolved_json(custom_options(config)));
  key.erase("model");
  key.erase("threads");
  for (const char* file : {"prompts", "questions", "corpus"}) {
    const std::string path = key.at(file);
    if (!path.empty()) key[file] = hash_of_file(path);
  }
  return key.dump();
}

RecordingConfig with_policy(RecordingConfig config, const CellSpec& cell) {
  config.policy = cell.policy.policy;
  config.agent.policy.params = cell.policy.params;
  config.agent.policy.budget_tokens = cell.budget_tokens;
  const bool oracle = config.policy == kHindsight;
  config.attention = !oracle && kv::needs_of({.name = config.policy,
                                              .params = cell.policy.params,
                                              .budget_tokens = cell.budget_tokens})
                                    .attention;
  return config;
}

/// What a user wrote may be too long; the runner says so when it is made.
void require_prompts_fit(const CellSpec& cell, const model::Model& model) {
  const RecordingConfig config = config_of(cell);
  NullSink sink;
  const agent::Runner runner(model, engine_config(config), agent_config(config), sink);
}

}  // namespace

std::vector<Option> custom_options(RecordingConfig& config) {
  std::vector<Option> options = recording_options(config);
  std::erase_if(options, [](const Option& option) {
    return std::ranges::find(kNotTaken, option.name) != kNotTaken.end();
  });
  return options;
}

std::vector<CellSpec> compared_cells(const ComparedPolicies& comparison) {
  std::vector<SuitePolicy> policies = parse_policies(comparison.policies);
  std::erase_if(policies, [](const SuitePolicy& policy) { return policy.policy == "full"; });
  check_budgets(policies, comparison.budgets);
  std::vector<std::int32_t> budgets = comparison.budgets;
  std::ranges::sort(budgets);
  std::vector<CellSpec> cells = {
      cell_of({.label = "full", .policy = "full", .budgeted = false}, 0)};
  for (const SuitePolicy& policy : policies) {
    for (const std::int32_t budget : policy.budgeted ? budgets : std::vector<std::int32_t>{0}) {
      cells.push_back(cell_of(policy, budget));
    }
  }
  return cells;
}

std::vector<CellSpec> cells_of(const RecordingConfig& config, std::vector<CellSpec> cells,
                               const model::Model& model) {
  const auto task = std::make_shared<CustomTask>();
  task->config = with_noted_device(with_episodes(config), model);
  // The first is full, which leaves what is resolved of the agent as all take it.
  const agent::AgentConfig agent = check_recording(with_policy(task->config, cells.front()), model);
  for (const CellSpec& cell : cells) {
    (void)check_recording(with_policy(task->config, cell), model);
  }
  task->config.agent = agent;
  task->key = key_of(task->config);
  for (CellSpec& cell : cells) {
    cell.task = {.task = agent.task,
                 .setting = agent.setting,
                 .model = "",
                 .budgets_tokens = {},
                 .has_tools = true};
    cell.policy.page_size = config.engine.page_size;
    cell.seed = agent.seed;
    cell.episodes = agent.episodes;
    cell.custom = task;
  }
  require_prompts_fit(cells.front(), model);
  return cells;
}

RecordingConfig config_of(const CellSpec& cell) { return with_policy(cell.custom->config, cell); }

}  // namespace pagequest::cli
