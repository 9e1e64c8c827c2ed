// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "engine/agent/chat/message.h"

namespace pagequest::agent {

/// What the environment answers to a call. A display that succeeds takes the next cursor
/// (0, 1, 2, ...); an error takes none.
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

/// One episode's environment, deterministic from the task, its inputs and the episode's index. Not
/// thread-safe; an episode has its own World.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// What the model is asked. Without tools, whatever it writes is its answer.
  [[nodiscard]] virtual chat::Conversation conversation() const = 0;

  /// Runs a call. Bad calls get an error reply.
  virtual ToolReply call(const chat::ToolCall& call) = 0;

  [[nodiscard]] virtual Grade grade(std::string_view answer_text) const = 0;

  /// Whether an answer is known, without which no grade means anything.
  [[nodiscard]] virtual bool has_answer() const { return true; }

  /// Calls that the task cannot do without; 0 if nobody knows.
  [[nodiscard]] virtual int needed_calls() const = 0;

  /// One line that tells a cursor's display apart from others, for instructions to the model.
  [[nodiscard]] virtual std::string cursor_title(int /*cursor*/) const { return {}; }

  /// Cursors displayed up to the response of turn `turn` that nothing later needs, in hindsight.
  /// Ascending. Tasks without an expert know none.
  [[nodiscard]] virtual std::vector<int> expired_cursors(int /*turn*/) const { return {}; }

  /// A limit of this episode alone on the tokens of a turn, in place of the configured one.
  [[nodiscard]] virtual std::optional<std::int32_t> turn_max_tokens() const { return {}; }

  /// How an episode ends whose turn reached the limit on its tokens.
  [[nodiscard]] virtual Outcome overrun_outcome() const { return Outcome::unparsable; }
};

}  // namespace pagequest::agent
