// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/ablation_suite.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agent/tasks/derivation.h"

namespace pagequest::cli {
namespace {

using Params = std::map<std::string, std::string>;

constexpr const char* kCot = "pocket-cot";
constexpr const char* kHops = "pocket-hops";
constexpr int kSinks = 4;         // as many as there are
constexpr int kHeadTokens = 400;  // about two fifths of what a head holds by then

/// Decode steps: somewhat past the middle of an episode. Later steps need what came before.
int step_of(std::string_view task) { return task == kCot ? 600 : 200; }

/// As many as nearly every episode has of each class by then, and fewer.
std::vector<int> counts_of(std::string_view task) {
  return task == kCot ? std::vector{16, 48} : std::vector{16, 40};
}

/// Of the words of `pocket-cot`.
std::string token_of(std::string_view word) {
  const std::vector<std::string> words = agent::derivation_vocabulary();
  return std::to_string(std::ranges::find(words, word) - words.begin());
}

struct Class {
  std::string name;
  Params params;
};

std::vector<Class> classes_of(std::string_view task) {
  const auto marked = [](std::string name, std::string_view word, int length) {
    return Class{std::move(name), {{"mark", token_of(word)}, {"length", std::to_string(length)}}};
  };
  const Class random{"random", {{"where", "any"}}};
  const Class prompt{"prompt", {{"where", "prompt"}}};
  const Class thought{"thought", {{"where", "thought"}}};
  if (task == kHops) {
    return {random,
            prompt,
            thought,
            {"call", {{"where", "call"}}},
            {"response", {{"where", "response"}}}};
  }
  return {random,
          prompt,
          thought,
          {"early-thought", {{"where", "early"}}},
          {"late-thought", {{"where", "late"}}},
          marked("milestones", "=", agent::kMilestoneWords),
          marked("fillers", "so", agent::kFillerWords),
          marked("checks", "!", agent::kCheckWords)};
}

/// With pages of one token, so that what goes is of the class to the token.
SuitePolicy drops(const std::string& task, const Class& of, int count, const std::string& control) {
  Params params = of.params;
  params["count"] = std::to_string(count);
  params["at"] = std::to_string(step_of(task));
  const auto label = [&](const std::string& name) { return name + "." + std::to_string(count); };
  return {.label = label(of.name),
          .policy = "ablate",
          .params = std::move(params),
          .budgeted = false,
          .page_size = 1,
          .only_task = task,
          .ablated = of.name,
          .ablated_tokens = count,
          .control = label(control)};
}

void add_heads(std::vector<SuitePolicy>& policies) {
  for (const char* heads : {"random", "stable", "unstable"}) {
    const Class of{std::string(heads) + "-heads", {{"where", "any"}, {"heads", heads}}};
    policies.push_back(drops(kCot, of, kHeadTokens, "random-heads"));
  }
}

std::vector<SuitePolicy> policies() {
  std::vector<SuitePolicy> policies = {
      {.label = "full", .policy = "full", .budgeted = false, .page_size = 1}};
  for (const std::string task : {kCot, kHops}) {
    policies.push_back(drops(task, {"random", {{"where", "any"}}}, kSinks, "random"));
    policies.push_back(drops(task, {"sink", {{"where", "sink"}}}, kSinks, "random"));
    for (const int count : counts_of(task)) {
      for (const Class& of : classes_of(task)) {
        policies.push_back(drops(task, of, count, "random"));
      }
    }
  }
  add_heads(policies);
  return policies;
}

}  // namespace

Suite ablation_suite() {
  const auto task = [](const char* name, const char* model, bool has_tools) {
    return SuiteTask{.task = name,
                     .setting = "default",
                     .model = model,
                     .budgets_tokens = {},
                     .has_tools = has_tools};
  };
  return {.name = "ablation",
          .description = "what the answer loses with equally many tokens of one class",
          .episodes = 100,
          .tasks = {task(kCot, "_cot", false), task(kHops, "", true)},
          .policies = policies()};
}

}  // namespace pagequest::cli
