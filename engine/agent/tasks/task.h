// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/tasks/expert_world.h"
#include "engine/agent/tasks/world.h"

namespace pagequest::model {
class Tokenizer;
}

namespace pagequest::agent {

/// Files of text tasks, "" for none, and how they are shown.
struct TaskFiles {
  std::string prompts;              // JSON lines
  std::string questions;            // JSON lines
  std::string corpus;               // made by build_corpus()
  std::int32_t view_tokens = 1024;  // of one display of a document
};

/// What a task is made from.
struct TaskInputs {
  std::string setting = "default";
  std::uint64_t seed = 0;
  TaskFiles files;
};

/// The episodes of a task. Worlds may share what the source has read, so it must outlive them.
class TaskSource {
 public:
  TaskSource() = default;
  TaskSource(const TaskSource&) = delete;
  TaskSource& operator=(const TaskSource&) = delete;
  virtual ~TaskSource() = default;

  [[nodiscard]] virtual std::unique_ptr<World> make(std::uint64_t index) const = 0;
  /// Number of episodes; nothing if they never end.
  [[nodiscard]] virtual std::optional<std::int32_t> size() const { return std::nullopt; }
};

/// Tokens that a model may generate unless the user says otherwise.
struct TokenLimits {
  std::int32_t turn;       // in one turn
  std::int32_t auxiliary;  // on one auxiliary thread
};

/// A row of the task registry.
struct Task {
  std::string_view name;
  std::string_view description;
  std::span<const std::string_view> settings;
  std::span<const std::string_view> files;  // options that name the task's files, all needed
  std::string_view format;                  // the chat format of the task itself; "": the model's
  TokenLimits limits;
  /// Worlds with a known solution; null if the task has none.
  std::unique_ptr<ExpertWorld> (*make_expert)(std::string_view setting, std::uint64_t seed,
                                              std::uint64_t index);
  std::vector<std::string> (*vocabulary)();  // of such worlds, in the order of token ids
  std::unique_ptr<TaskSource> (*open)(const TaskInputs& inputs, const model::Tokenizer& tokenizer);
};

/// All tasks, sorted by name.
[[nodiscard]] std::span<const Task> tasks();

/// Throws a usage error that lists the valid names for an unknown task.
[[nodiscard]] const Task& find_task(std::string_view name);

/// Throws a usage error for an unknown task or setting, a missing file option or one that the task
/// has no use for, and an input error about the files. `tokenizer` must outlive the source.
[[nodiscard]] std::unique_ptr<TaskSource> open_task(std::string_view task, const TaskInputs& inputs,
                                                    const model::Tokenizer& tokenizer);

/// Throws a usage error for an unknown task or setting, or a task without an expert.
[[nodiscard]] std::unique_ptr<ExpertWorld> make_world(std::string_view task,
                                                      std::string_view setting, std::uint64_t seed,
                                                      std::uint64_t index);

}  // namespace pagequest::agent
