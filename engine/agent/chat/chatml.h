// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>

#include "engine/agent/chat/format.h"
#include "engine/agent/chat/settings.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// ChatML as Qwen3 writes it: `<|im_start|>role\n...<|im_end|>\n`, reasoning between `<think>` and
/// `</think>`, tool calls as `<tool_call>` with a JSON object of name and arguments (the Hermes
/// form), tool responses as `<tool_response>` in a user turn, functions listed in the system
/// message. Source: the chat template of Qwen/Qwen3-0.6B (the other Qwen3 models have the same).
/// Qwen2.5 differs by a default system message only, which is left out here.
///
/// `stops`: the config's end-of-sequence ids, beside `<|im_end|>`.
[[nodiscard]] std::unique_ptr<Format> make_chatml(const model::Tokenizer& tokenizer,
                                                  const Settings& settings,
                                                  std::set<std::int32_t> stops);

}  // namespace pagequest::agent::chat
