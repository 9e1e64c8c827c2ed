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

/// Llama 3.1 and later: `<|start_header_id|>role<|end_header_id|>\n\n...<|eot_id|>`, functions in
/// the first user message, a call as the whole of a turn (`{"name": ..., "parameters": {...}}`),
/// responses in the role `ipython` as a JSON string. Source: the chat templates of
/// meta-llama/Llama-3.1-8B-Instruct and 3.2 and 3.3, which agree on all of this.
///
/// `stops`: the config's end-of-sequence ids, beside `<|eot_id|>` and `<|eom_id|>`.
[[nodiscard]] std::unique_ptr<Format> make_llama3(const model::Tokenizer& tokenizer,
                                                  const Settings& settings,
                                                  std::set<std::int32_t> stops);

}  // namespace pagequest::agent::chat
