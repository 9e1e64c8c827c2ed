// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/params.h"
#include "engine/agent/tasks/hops_world.h"
#include "engine/agent/tasks/settings.h"
#include "engine/agent/tasks/task.h"

namespace pagequest::agent {
namespace {

constexpr std::array<std::string_view, 4> kHopsSettings = {"default", "long", "short", "tiny"};

std::unique_ptr<World> make_hops(std::string_view setting, std::uint64_t seed,
                                 std::uint64_t index) {
  return std::make_unique<HopsWorld>(find_hops_setting(setting), seed, index);
}

constexpr std::array<Task, 1> kTasks = {{
    {.name = "pocket-hops",
     .description = "Follow a chain of facts through documents that open once; go back to old ones",
     .settings = kHopsSettings,
     .make = make_hops},
}};
static_assert(std::ranges::is_sorted(kTasks, std::ranges::less{}, &Task::name));

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

std::unique_ptr<World> make_world(std::string_view task, std::string_view setting,
                                  std::uint64_t seed, std::uint64_t index) {
  return find_task(task).make(setting, seed, index);
}

}  // namespace pagequest::agent
