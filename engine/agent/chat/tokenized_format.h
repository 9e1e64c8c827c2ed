// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "engine/agent/chat/format.h"
#include "engine/agent/chat/settings.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// What the formats of text models share: the model's tokenizer, and stop tokens that end turns and
/// auxiliary threads alike.
class TokenizedFormat : public Format {
 public:
  [[nodiscard]] bool ends_auxiliary(std::int32_t token) const override {
    return stops_.contains(token);
  }
  [[nodiscard]] std::string decode(std::span<const std::int32_t> tokens) const override {
    return tokenizer_.decode(tokens);
  }

 protected:
  /// `tokenizer` must outlive the format.
  TokenizedFormat(const model::Tokenizer& tokenizer, const Settings& settings,
                  std::set<std::int32_t> stops)
      : tokenizer_(tokenizer), settings_(settings), stops_(std::move(stops)) {}

  /// Replies to `outputs` tool calls, rendered as the messages 0, 1, 2...
  [[nodiscard]] static Replies replies_of(std::int32_t stop_token, const Rendered& rendered,
                                          std::size_t outputs) {
    Replies replies{.stop_token = stop_token, .tokens = rendered.tokens, .responses = {}};
    for (std::size_t i = 0; i < outputs; ++i) {
      replies.responses.push_back(rendered.message(static_cast<std::int32_t>(i)));
    }
    return replies;
  }

  const model::Tokenizer& tokenizer_;
  Settings settings_;
  std::set<std::int32_t> stops_;
};

}  // namespace pagequest::agent::chat
