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

/// Harmony, the format of gpt-oss: `<|start|>{header}<|message|>{content}<|end|>` with the channels
/// analysis, commentary and final. A system message of a conversation becomes the developer
/// message; the format's own system message names date, effort, built-in tools and channels.
/// Functions of the namespace `functions` stand in the developer message, other namespaces are
/// built-in tools. Reasoning before a final answer is dropped from the history, inside a tool loop
/// it is kept. A turn that ended with `<|return|>` enters the history with `<|end|>`. Source:
/// openai/harmony, docs/format.md.
///
/// `stops`: the config's end-of-sequence ids, beside `<|return|>` and `<|call|>`.
[[nodiscard]] std::unique_ptr<Format> make_harmony(const model::Tokenizer& tokenizer,
                                                   const Settings& settings,
                                                   std::set<std::int32_t> stops);

}  // namespace pagequest::agent::chat
