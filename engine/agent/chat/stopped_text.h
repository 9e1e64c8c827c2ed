// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/events.h"
#include "engine/agent/chat/text.h"
#include "engine/agent/chat/turn_text.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// A turn's text up to the token that ends it.
class StoppedText {
 public:
  StoppedText(const model::Tokenizer& tokenizer, std::set<std::int32_t> stops)
      : text_(tokenizer), stops_(std::move(stops)) {}

  /// True when `token` is one of the stops.
  bool push(std::int32_t token) {
    body_ = text_.text().size();
    text_.push(token);
    const bool stops = stops_.contains(token);
    if (!stops) body_ = text_.text().size();
    return stops;
  }

  /// All tokens, the stop included.
  [[nodiscard]] std::span<const std::int32_t> tokens() const { return text_.tokens(); }
  /// The text before the stop, without white space at its ends, and its tokens.
  [[nodiscard]] std::string body() const {
    return trimmed(std::string_view(text_.text()).substr(0, body_));
  }
  [[nodiscard]] TokenSpan body_tokens() const { return text_.tokens_of(0, body_); }

 private:
  TurnText text_;
  std::set<std::int32_t> stops_;
  std::size_t body_ = 0;  // bytes of text before the stop token
};

}  // namespace pagequest::agent::chat
