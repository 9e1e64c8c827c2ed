// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/events.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// The text of a turn as it grows, and which tokens a stretch of it came from.
class TurnText {
 public:
  explicit TurnText(const model::Tokenizer& tokenizer) : decoder_(tokenizer) {}

  void push(std::int32_t token);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::span<const std::int32_t> tokens() const { return tokens_; }

  /// The tokens that the bytes [first, end) of the text came from. A token that only begins before
  /// `end` counts.
  [[nodiscard]] TokenSpan tokens_of(std::size_t first, std::size_t end) const;

 private:
  model::StreamDecoder decoder_;
  std::string text_;
  std::vector<std::int32_t> tokens_;
  std::vector<std::size_t> ends_;  // bytes of the text behind each token
};

}  // namespace pagequest::agent::chat
