// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "engine/agent/chat/format.h"
#include "engine/agent/chat/settings.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// For models without a chat format. A conversation of one user message without tools is its text
/// as it is; any other is a transcript with `System:`, `User:`, `Assistant:` and `Tool:` before the
/// messages. Calls have the Hermes form as plain text and end the turn; without tools whatever is
/// generated is the answer. An auxiliary thread ends with its command too. The tokens that the
/// tokenizer's template puts before a text come first.
///
/// `stops`: the config's end-of-sequence ids.
[[nodiscard]] std::unique_ptr<Format> make_plain(const model::Tokenizer& tokenizer,
                                                 const Settings& settings,
                                                 std::set<std::int32_t> stops);

}  // namespace pagequest::agent::chat
