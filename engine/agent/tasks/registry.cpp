// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/params.h"
#include "engine/agent/tasks/corpus_task.h"
#include "engine/agent/tasks/derivation_world.h"
#include "engine/agent/tasks/hops_world.h"
#include "engine/agent/tasks/prompts_task.h"
#include "engine/agent/tasks/settings.h"
#include "engine/agent/tasks/task.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

constexpr std::array<std::string_view, 4> kPocketSettings = {"default", "long", "short", "tiny"};
constexpr std::array<std::string_view, 1> kOneSetting = {"default"};
constexpr std::array<std::string_view, 2> kCorpusFiles = {"questions", "corpus"};
constexpr std::array<std::string_view, 1> kPromptsFiles = {"prompts"};

constexpr TokenLimits kTextLimits = {.turn = 4096, .auxiliary = 1024};  // room for reasoning

constexpr std::array<Task, 5> kTasks = {{
    {.name = "corpus",
     .description = "Answer questions with search, open and find over documents of your own",
     .settings = kOneSetting,
     .files = kCorpusFiles,
     .format = "",
     .limits = kTextLimits,
     .make_expert = nullptr,
     .vocabulary = nullptr,
     .open = open_corpus_task},
    {.name = "pocket-cot",
     .description = "Run a program line by line; results are needed again much later",
     .settings = kPocketSettings,
     .files = {},
     .format = "pocket",
     .limits = {.turn = 8192, .auxiliary = 256},
     .make_expert = make_cot,
     .vocabulary = derivation_vocabulary,
     .open = open_cot},
    {.name = "pocket-direct",
     .description = "The control of pocket-cot: each line needs only the one before it",
     .settings = kPocketSettings,
     .files = {},
     .format = "pocket",
     .limits = {.turn = 8192, .auxiliary = 256},
     .make_expert = make_direct,
     .vocabulary = derivation_vocabulary,
     .open = open_direct},
    {.name = "pocket-hops",
     .description = "Follow a chain of facts through documents that open once; go back to old ones",
     .settings = kPocketSettings,
     .files = {},
     .format = "pocket",
     .limits = {.turn = 256, .auxiliary = 256},
     .make_expert = make_hops,
     .vocabulary = vocabulary,
     .open = open_hops},
    {.name = "prompts",
     .description = "Continue prompts or chats of your own, one generation each",
     .settings = kOneSetting,
     .files = kPromptsFiles,
     .format = "",
     .limits = kTextLimits,
     .make_expert = nullptr,
     .vocabulary = nullptr,
     .open = open_prompts_task},
}};
static_assert(std::ranges::is_sorted(kTasks, std::ranges::less{}, &Task::name));

struct FileOption {
  std::string_view name;
  std::string TaskFiles::*value;
};
constexpr std::array<FileOption, 3> kFileOptions = {{{"prompts", &TaskFiles::prompts},
                                                     {"questions", &TaskFiles::questions},
                                                     {"corpus", &TaskFiles::corpus}}};

void check_files(const Task& task, const TaskInputs& inputs) {
  for (const auto& option : kFileOptions) {
    const bool needed = std::ranges::find(task.files, option.name) != task.files.end();
    const std::string& given = inputs.files.*option.value;
    if (needed != given.empty()) continue;
    throw usage_error({.what = "task `" + std::string(task.name) +
                               (needed ? "` needs a file" : "` has no use for this file"),
                       .where = "option --" + std::string(option.name),
                       .found = given.empty() ? "nothing" : given,
                       .expected = needed ? "the path of a file" : "the option left out",
                       .hint = "`pagequest list tasks` shows the files of each task"});
  }
}

void check_setting(const Task& task, std::string_view setting) {
  if (std::ranges::find(task.settings, setting) != task.settings.end()) return;
  throw_unknown_name("setting of task " + std::string(task.name), setting,
                     {task.settings.begin(), task.settings.end()});
}

}  // namespace

std::span<const Task> tasks() { return kTasks; }

const Task& find_task(std::string_view name) {
  std::vector<std::string> valid;
  for (const Task& task : kTasks) {
    if (task.name == name) return task;
    valid.emplace_back(task.name);
  }
  throw_unknown_name("task", name, valid);
}

std::unique_ptr<TaskSource> open_task(std::string_view task, const TaskInputs& inputs,
                                      const model::Tokenizer& tokenizer) {
  const Task& row = find_task(task);
  check_setting(row, inputs.setting);
  check_files(row, inputs);
  return row.open(inputs, tokenizer);
}

std::unique_ptr<ExpertWorld> make_world(std::string_view task, std::string_view setting,
                                        std::uint64_t seed, std::uint64_t index) {
  const Task& row = find_task(task);
  check_setting(row, setting);
  if (row.make_expert != nullptr) return row.make_expert(setting, seed, index);
  throw usage_error({.what = "the task has no expert",
                     .where = "task `" + std::string(task) + "`",
                     .found = {},
                     .expected = "a task whose solutions are known, such as pocket-hops",
                     .hint = {}});
}

}  // namespace pagequest::agent
