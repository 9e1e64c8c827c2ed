// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/agent/tasks/task.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent {

/// What the model wrote in one turn, cut at its markers.
struct ParsedTurn {
  std::string text;          // between the opening marker and the stop word
  std::int32_t opening = 0;  // index of the opening marker's token in the turn
};

/// The task's marker words as tokens of one tokenizer.
class Chat {
 public:
  /// Throws input_error when the tokenizer lacks a marker word. `tokenizer` must outlive the chat.
  Chat(const ChatMarkers& markers, const model::Tokenizer& tokenizer);

  [[nodiscard]] std::vector<std::int32_t> encode(const std::string& text) const;
  [[nodiscard]] std::string decode(std::span<const std::int32_t> tokens) const;

  [[nodiscard]] bool ends_call(std::int32_t token) const { return token == end_of_call_; }
  [[nodiscard]] bool ends_answer(std::int32_t token) const { return token == end_of_answer_; }
  [[nodiscard]] bool ends_aux(std::int32_t token) const { return token == end_of_aux_; }
  [[nodiscard]] const std::vector<std::int32_t>& aux_trigger() const { return aux_trigger_; }

  /// `tokens` of a turn that ended with a stop word; nothing if the opening marker is missing.
  [[nodiscard]] std::optional<ParsedTurn> parse_call(std::span<const std::int32_t> tokens) const {
    return parse(tokens, call_);
  }
  [[nodiscard]] std::optional<ParsedTurn> parse_answer(std::span<const std::int32_t> tokens) const {
    return parse(tokens, answer_);
  }

 private:
  [[nodiscard]] std::int32_t single(std::string_view word) const;
  [[nodiscard]] std::optional<ParsedTurn> parse(std::span<const std::int32_t> tokens,
                                                std::int32_t opening) const;

  const model::Tokenizer& tokenizer_;
  std::int32_t call_, end_of_call_, answer_, end_of_answer_, end_of_aux_;
  std::vector<std::int32_t> aux_trigger_;
};

}  // namespace pagequest::agent
