// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::agent {

/// What the environment appends after a call, markers included. A display that succeeds takes the
/// next cursor (0, 1, 2, ...); an error takes none.
struct ToolReply {
  bool ok = false;
  int cursor = -1;
  std::string text;
};

/// `strict` means correct without a call beyond the need.
struct Grade {
  bool correct = false;
  bool strict = false;
};

/// Who writes a stretch of an episode, or takes it away.
enum class Role { prompt, model, tool };

/// One stretch of the expert's trajectory. A turn is thought + call + response, counted from 1; the
/// last turn has no call and ends with the answer. `cursor` is that of a tool segment, else -1.
struct Segment {
  Role role = Role::prompt;
  int turn = 0;
  int cursor = -1;
  std::string text;
};

/// One episode, deterministic from (task, setting, seed, index). Not thread-safe; an episode has
/// its own World. All texts are words joined by single spaces, without one at either end.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// Beginning-of-sequence word, question, and the word after which the model starts to think.
  [[nodiscard]] virtual std::string prompt() const = 0;

  /// Runs what the model wrote between `ChatMarkers::call` and `end_of_call` (both excluded).
  /// Advances cursors, read-once documents and the call budget; bad calls get an error reply.
  virtual ToolReply call(std::string_view call_text) = 0;

  /// Grades what the model wrote between `ChatMarkers::answer` and `end_of_answer` (both excluded).
  [[nodiscard]] virtual Grade grade(std::string_view answer_text) const = 0;

  [[nodiscard]] virtual int needed_calls() const = 0;

  /// Facts on the longest chain from a named entity to an asked value.
  [[nodiscard]] virtual int hops() const = 0;

  /// The expert's trajectory, from a fresh copy of this episode: the state of this World is unused.
  [[nodiscard]] virtual std::vector<Segment> expert() const = 0;

  /// Hindsight on the expert's plan: cursors displayed up to the response of turn `turn` that no
  /// later thought, call or answer of the expert uses. Ascending.
  [[nodiscard]] virtual std::vector<int> expired_cursors(int turn) const = 0;

  /// What the auxiliary thread should write after the trigger, with the stop word, when it forks
  /// after the response of turn `turn` and sees the displays `open` (ascending, the newest last).
  [[nodiscard]] virtual std::string auxiliary(int turn, std::span<const int> open) const = 0;
};

/// The words that the agent loop acts on. A model turn is decoded until `end_of_call` or
/// `end_of_answer`; the auxiliary thread gets `aux_trigger` and is decoded until `end_of_aux`.
struct ChatMarkers {
  std::string_view call = "<call>";
  std::string_view end_of_call = "</call>";
  std::string_view answer = "<answer>";
  std::string_view end_of_answer = "</answer>";
  std::string_view aux_trigger = "** Memory management mode **";
  std::string_view end_of_aux = "</aux>";
};

/// A row of the task registry.
struct Task {
  std::string_view name;
  std::string_view description;
  std::span<const std::string_view> settings;
  std::unique_ptr<World> (*make)(std::string_view setting, std::uint64_t seed, std::uint64_t index);
};

/// All tasks, sorted by name.
[[nodiscard]] std::span<const Task> tasks();

/// Throws a usage error that lists the valid names for an unknown task.
[[nodiscard]] const Task& find_task(std::string_view name);

/// Throws a usage error for an unknown task or setting.
[[nodiscard]] std::unique_ptr<World> make_world(std::string_view task, std::string_view setting,
                                                std::uint64_t seed, std::uint64_t index);

}  // namespace pagequest::agent
