// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/ablation_suite.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agent/tasks/derivation.h"

namespace pagequest::cli {
namespace {

using PolicyParams = std::map<std::string, std::string>;

constexpr const char* kCot = "pocket-cot";
constexpr const char* kHops = "pocket-hops";
constexpr int kSinks = 4;         // as many as there are
constexpr int kHeadTokens = 800;  // most of what a head holds by then

/// Decode steps: somewhat past the middle of an episode. Later steps need what came before.
int step_of(std::string_view task) { return task == kCot ? 600 : 200; }

/// As many as most episodes have of each class by then, and fewer.
constexpr std::array kCounts = {16, 40};

/// Of the words of `pocket-cot`.
std::string token_of(std::string_view word) {
  const std::vector<std::string> words = agent::derivation_vocabulary();
  return std::to_string(std::ranges::find(words, word) - words.begin());
}

struct Class {
  std::string name;
  PolicyParams params;
  std::vector<std::string> controls = {"random"};
};

const Class& random_tokens() {
  static const Class kRandom{"random", {{"where", "any"}}, {}};
  return kRandom;
}

/// Random tokens of what the model wrote are a control too: those of a prompt may be worth more
/// than any of these.
std::vector<Class> classes_of(std::string_view task) {
  const std::vector<std::string> controls = {"random", "thought"};
  const auto place = [&](std::string name, std::string where) {
    return Class{std::move(name), {{"where", std::move(where)}}, controls};
  };
  const auto marked = [&](std::string name, std::string_view word, int length) {
    return Class{
        std::move(name), {{"mark", token_of(word)}, {"length", std::to_string(length)}}, controls};
  };
  std::vector<Class> classes = {
      random_tokens(), {"prompt", {{"where", "prompt"}}}, {"thought", {{"where", "thought"}}}};
  const std::vector<Class> own =
      task == kHops ? std::vector{place("call", "call"), place("response", "response")}
                    : std::vector{place("early-thought", "early"), place("late-thought", "late"),
                                  marked("milestones", "=", agent::kMilestoneWords),
                                  marked("fillers", "so", agent::kFillerWords),
                                  marked("checks", "!", agent::kCheckWords)};
  classes.insert(classes.end(), own.begin(), own.end());
  return classes;
}

/// With pages of one token, so that what goes is of the class to the token.
SuitePolicy drops(const std::string& task, const Class& of, int count) {
  PolicyParams params = of.params;
  params["count"] = std::to_string(count);
  params["at"] = std::to_string(step_of(task));
  const auto label = [&](const std::string& name) { return name + "." + std::to_string(count); };
  std::vector<std::string> controls;
  for (const std::string& control : of.controls) controls.push_back(label(control));
  return {.label = label(of.name),
          .policy = "ablate",
          .params = std::move(params),
          .budgeted = false,
          .page_size = 1,
          .only_task = task,
          .ablated = of.name,
          .ablated_tokens = count,
          .controls = std::move(controls)};
}

void add_heads(std::vector<SuitePolicy>& policies) {
  for (const char* heads : {"random", "stable", "unstable"}) {
    const bool is_control = heads == std::string_view("random");
    const Class of{
        std::string(heads) + "-heads",
        {{"where", "any"}, {"heads", heads}},
        is_control ? std::vector<std::string>() : std::vector<std::string>{"random-heads"}};
    policies.push_back(drops(kCot, of, kHeadTokens));
  }
}

std::vector<SuitePolicy> policies() {
  std::vector<SuitePolicy> policies = {
      {.label = "full", .policy = "full", .budgeted = false, .page_size = 1}};
  for (const std::string task : {kCot, kHops}) {
    policies.push_back(drops(task, random_tokens(), kSinks));
    policies.push_back(drops(task, {"sink", {{"where", "sink"}}}, kSinks));
    for (const int count : kCounts) {
      for (const Class& of : classes_of(task)) policies.push_back(drops(task, of, count));
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
          .episodes = 200,
          .tasks = {task(kCot, "_cot", false), task(kHops, "", true)},
          .policies = policies()};
}

}  // namespace pagequest::cli
