// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/events.h"
#include "engine/agent/chat/message.h"

namespace pagequest::agent::chat {

struct TurnCall {
  ToolCall call;
  TokenSpan tokens;
};

enum class TurnKind : std::uint8_t { malformed, calls, answer };

/// What a model generated in one turn. Spans count from the turn's first token; an empty span means
/// that the part is missing.
struct Turn {
  TurnKind kind = TurnKind::malformed;
  std::string thought;
  TokenSpan thought_tokens;
  std::vector<TurnCall> calls;
  std::string answer;
  TokenSpan answer_tokens;
};

/// Reads a turn token by token, as it is generated.
class TurnParser {
 public:
  TurnParser() = default;
  TurnParser(const TurnParser&) = delete;
  TurnParser& operator=(const TurnParser&) = delete;
  virtual ~TurnParser() = default;

  /// Takes the next token; true when it ends the turn.
  virtual bool push(std::int32_t token) = 0;
  /// The tokens so far, the one that ended the turn included.
  [[nodiscard]] virtual std::span<const std::int32_t> tokens() const = 0;
  /// What the tokens so far amount to, whether or not the turn has ended.
  [[nodiscard]] virtual Turn turn() const = 0;
};

}  // namespace pagequest::agent::chat
