// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/chat/message.h"

namespace pagequest::agent::chat {

/// `{"name": ..., <arguments_key>: {...}}` as a call; nothing when the text is not such an object.
/// Arguments may also be a string that holds JSON, and are empty when the key is missing.
[[nodiscard]] std::optional<ToolCall> parse_call_object(std::string_view text,
                                                        std::string_view arguments_key);

/// Descriptions of functions in the form that Hugging Face chat templates get them: one object of
/// type `function` with a JSON schema of the parameters. Written as Python's json.dumps writes it:
/// on one line with `, ` and `: `, or with `indent` spaces a level.
[[nodiscard]] std::string function_json(const Function& function, int indent);

/// An object written as Python's json.dumps writes it on one line; any other text as it is.
[[nodiscard]] std::string spaced_json(std::string_view text);

/// The functions of all namespaces.
[[nodiscard]] std::vector<Function> all_functions(std::span<const ToolNamespace> tools);

}  // namespace pagequest::agent::chat
