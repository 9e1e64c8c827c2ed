// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/tasks/world.h"

namespace pagequest::agent {

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

/// A world whose solution is known. All texts are words joined by single spaces, without one at
/// either end, markers included (chat/pocket.h).
class ExpertWorld : public World {
 public:
  /// Beginning-of-sequence word, question, and the word after which the model starts to think.
  [[nodiscard]] virtual std::string prompt() const = 0;

  /// Runs what the model wrote between the call markers (both excluded). Advances cursors,
  /// read-once documents and the call budget.
  virtual ToolReply call(std::string_view call_text) = 0;

  /// Facts on the longest chain from a named entity to an asked value.
  [[nodiscard]] virtual int hops() const = 0;

  /// The expert's trajectory, from a fresh copy of this episode: the state of this World is unused.
  [[nodiscard]] virtual std::vector<Segment> expert() const = 0;

  /// What the auxiliary thread should write after the trigger, with the stop word, when it forks
  /// after the response of turn `turn` and sees the displays `open` (ascending, the newest last).
  [[nodiscard]] virtual std::string auxiliary(int turn, std::span<const int> open) const = 0;

  [[nodiscard]] chat::Conversation conversation() const final {
    chat::Conversation out;
    out.messages.push_back({.author = chat::Author::user, .content = prompt()});
    return out;
  }
  ToolReply call(const chat::ToolCall& written) final {
    return call(std::string_view(written.arguments));
  }
};

}  // namespace pagequest::agent
