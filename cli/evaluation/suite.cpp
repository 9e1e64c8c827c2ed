// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/suite.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/core.h>

#include "base/params.h"
#include "cli/evaluation/ablation_suite.h"

namespace pagequest::cli {
namespace {

/// Where a policy chooses for each head. Blocks of four tokens are the unit: the pocket model's
/// contexts are ten to a hundred times shorter than those that the policies were made for.
constexpr std::int32_t kBlock = 4;

std::vector<SuitePolicy> paper_policies() {
  const auto blocks = [](std::string label, std::string policy,
                         std::map<std::string, std::string> params = {}) {
    return SuitePolicy{.label = std::move(label),
                       .policy = std::move(policy),
                       .params = std::move(params),
                       .page_size = kBlock};
  };
  // Keeps the whole prompt, as raas and intentkv-rule do. An agent's prompt is short.
  const auto with_prompt = [](std::string policy) {
    return SuitePolicy{.label = policy + "+prompt",
                       .policy = policy,
                       .params = {{"protect_prompt", "true"}},
                       .plays = Plays::without_tools,
                       .page_size = kBlock};
  };
  const auto rules = [](std::string label, std::string policy,
                        std::map<std::string, std::string> params) {
    return SuitePolicy{.label = std::move(label),
                       .policy = std::move(policy),
                       .params = std::move(params),
                       .budgeted = false,
                       .page_size = kBlock};
  };
  const auto by_tools = [](std::string label, std::map<std::string, std::string> params = {},
                           bool budgeted = false) {
    return SuitePolicy{.label = label,
                       .policy = label,
                       .params = std::move(params),
                       .budgeted = budgeted,
                       .plays = Plays::with_tools};
  };
  return {
      {.label = "full", .policy = "full", .budgeted = false},
      blocks("streaming", "streaming"),
      blocks("random", "random"),
      blocks("lru", "lru"),
      blocks("h2o", "h2o", {{"sharing", "head"}}),
      blocks("tova", "tova"),
      blocks("snapkv-rkv-decode", "snapkv", {{"preset", "rkv-decode"}}),
      blocks("rkv", "rkv"),
      blocks("raas", "raas"),
      blocks("lazy", "lazy"),
      blocks("intentkv-rule", "intentkv-rule", {{"every_steps", "32"}}),
      rules("diffkv-llama3-8b", "diffkv", {{"preset", "llama3-8b"}}),
      rules("diffkv-qwen2.5-7b", "diffkv", {{"preset", "qwen2.5-7b"}}),
      rules("thinkv", "thinkv", {}),
      // These hold everything: their budget is what they read.
      blocks("quest", "quest"),
      blocks("flexicache", "flexicache"),
      with_prompt("lru"),
      with_prompt("lazy"),
      by_tools("random-document", {}, true),
      by_tools("keep-k"),
      by_tools("clear-at"),
      by_tools("sidequest"),
      by_tools("sidequest-noisy"),
      by_tools("hindsight"),
  };
}

std::vector<SuiteTask> paper_tasks() {
  return {{.task = "pocket-hops",
           .setting = "default",
           .model = "",
           .budgets_tokens = {500, 900, 1300},
           .has_tools = true},
          {.task = "pocket-cot",
           .setting = "default",
           .model = "_cot",
           .budgets_tokens = {500, 800, 1100},
           .has_tools = false},
          {.task = "pocket-direct",
           .setting = "default",
           .model = "_cot",
           .budgets_tokens = {500, 800, 1100},
           .has_tools = false}};
}

Suite paper() {
  return {.name = "paper",
          .description = "accuracy against memory of all policies on the pocket tasks",
          .episodes = 200,
          .tasks = paper_tasks(),
          .policies = paper_policies()};
}

/// The middle budget of each task and few episodes: enough to see that everything works.
Suite quick() {
  Suite suite = paper();
  suite.name = "quick";
  suite.description = "the suite paper with one budget and few episodes";
  suite.episodes = 8;
  for (SuiteTask& task : suite.tasks) task.budgets_tokens = {task.budgets_tokens[1]};
  return suite;
}

/// Four times as many lines: the share of the tokens that the middle budget of `paper` is.
Suite long_derivations() {
  Suite suite = paper();
  suite.name = "long";
  suite.description = "the derivations of the suite paper with about 4,000 generated tokens";
  suite.episodes = 50;
  std::erase_if(suite.tasks, [](const SuiteTask& task) { return task.has_tools; });
  for (SuiteTask& task : suite.tasks) {
    task.setting = "long";
    task.budgets_tokens = {3100};
  }
  return suite;
}

/// Parameters of a policy may hold anything: `/` and what else a file's name may not have is
/// written as in a URL.
std::string in_file_name(std::string_view label) {
  std::string text;
  for (const char c : label) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view(".,:=+-_").find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

struct SuiteEntry {
  std::string_view name;
  Suite (*make)();
};
constexpr std::array<SuiteEntry, 4> kSuites{
    {{"ablation", ablation_suite}, {"long", long_derivations}, {"paper", paper}, {"quick", quick}}};

}  // namespace

std::vector<std::string> suite_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kSuites) names.emplace_back(name);
  return names;
}

Suite suite_named(std::string_view name) { return entry_named("suite", name, kSuites).make(); }

std::string CellSpec::name() const {
  std::string text = task.task + "-" + task.setting + "." + in_file_name(policy.label);
  if (budget_tokens > 0) text += ".b" + std::to_string(budget_tokens);
  return text + ".s" + std::to_string(seed);
}

std::vector<CellSpec> cells_of(const Suite& suite, std::uint64_t seed, std::int32_t episodes) {
  std::vector<CellSpec> cells;
  for (const SuiteTask& task : suite.tasks) {
    for (const SuitePolicy& policy : suite.policies) {
      const Plays other = task.has_tools ? Plays::without_tools : Plays::with_tools;
      if (policy.plays == other) continue;
      if (!policy.only_task.empty() && policy.only_task != task.task) continue;
      const std::vector<std::int32_t> none{0};
      for (const std::int32_t budget : policy.budgeted ? task.budgets_tokens : none) {
        cells.push_back({.task = task,
                         .policy = policy,
                         .budget_tokens = budget,
                         .seed = seed,
                         .episodes = episodes});
      }
    }
  }
  return cells;
}

}  // namespace pagequest::cli
