// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "engine/agent/chat/turn.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

struct HermesOptions {
  std::set<std::int32_t> stops;  // tokens that end a turn
  std::string stop_text;         // "": none; else the token that completes it ends the turn as well
  bool calls = true;             // false: what looks like a call is text
};

/// Reads `<think>...</think>` (a template may have opened it), then text and any number of
/// `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`. A turn with calls is not an answer,
/// whatever its text. Malformed: a call that is not closed or not such an object, reasoning that
/// does not end, no text at all.
[[nodiscard]] std::unique_ptr<TurnParser> make_hermes_parser(const model::Tokenizer& tokenizer,
                                                             HermesOptions options);

}  // namespace pagequest::agent::chat
