// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "engine/agent/chat/turn.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// A turn that is one object `{"name": ..., "parameters": {...}}`, behind `<|python_tag|>` or not,
/// is a call (`arguments` is taken for `parameters` too). Any other text is an answer. Malformed:
/// no text, or something else behind `<|python_tag|>`.
[[nodiscard]] std::unique_ptr<TurnParser> make_llama3_parser(const model::Tokenizer& tokenizer,
                                                             std::set<std::int32_t> stops,
                                                             bool with_tools);

}  // namespace pagequest::agent::chat
