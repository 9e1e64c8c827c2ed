// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/agent/chat/message.h"
#include "engine/agent/chat/rendered.h"
#include "engine/agent/chat/turn.h"

namespace pagequest::agent::chat {

/// What a tool returned for one call of a turn.
struct ToolOutput {
  std::string tool;
  std::string text;
};

/// What enters the history after a turn that called tools. `responses` has one span an output, from
/// `tokens[0]` on; what is between and behind them opens the model's next turn.
struct Replies {
  std::int32_t stop_token = 0;  // in place of the sampled one that ended the turn
  std::vector<std::int32_t> tokens;
  std::vector<TokenSpan> responses;
};

/// A display that an auxiliary thread may name.
struct OpenCursor {
  std::int32_t cursor = 0;
  std::string title;
};

/// How a family of models writes conversations as tokens. Immutable; one serves all episodes.
class Format {
 public:
  Format() = default;
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;
  virtual ~Format() = default;

  /// The conversation, and the header that opens the model's turn.
  [[nodiscard]] virtual Rendered prompt(const Conversation& conversation) const = 0;
  /// Without tools, what looks like a call is text.
  [[nodiscard]] virtual std::unique_ptr<TurnParser> parser(bool with_tools) const = 0;
  /// `stop` is the token that ended the turn.
  [[nodiscard]] virtual Replies replies(std::int32_t stop,
                                        std::span<const ToolOutput> outputs) const = 0;
  /// What an auxiliary thread is started with behind the header of the model's turn: SideQuest's
  /// trigger phrase (section 3.2) and, for models that were not trained for it, instructions.
  [[nodiscard]] virtual std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> open) const = 0;
  [[nodiscard]] virtual bool ends_auxiliary(std::int32_t token) const = 0;
  /// Whether an auxiliary thread's output is whole with its last token, which is a part of it: for
  /// models that no token tells to stop.
  [[nodiscard]] virtual bool completes_auxiliary(
      std::span<const std::int32_t> /*generated*/) const {
    return false;
  }
  [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> tokens) const = 0;
};

}  // namespace pagequest::agent::chat
