// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "engine/agent/chat/turn.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// Reads what a model writes behind `<|start|>assistant`: one or more messages up to `<|return|>`
/// or
/// `<|call|>`. A recipient (`to=browser.search`) makes a call, in the role or the channel part of
/// the header and on any channel; the final channel is the answer; the rest is thought. A call's
/// tokens are those of its whole message. Malformed: neither a call nor an answer, a header that
/// is not one, a call that `<|call|>` does not end.
[[nodiscard]] std::unique_ptr<TurnParser> make_harmony_parser(const model::Tokenizer& tokenizer,
                                                              std::set<std::int32_t> stops,
                                                              bool with_tools);

}  // namespace pagequest::agent::chat
