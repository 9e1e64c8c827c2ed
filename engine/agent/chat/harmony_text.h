// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "engine/agent/chat/message.h"
#include "engine/agent/chat/settings.h"

namespace pagequest::agent::chat {

/// Contents of harmony's system and developer messages (openai/harmony, docs/format.md).
[[nodiscard]] std::string harmony_system(const Settings& settings,
                                         std::span<const ToolNamespace> tools);

/// "" when there are neither instructions nor functions: then the message is left out.
[[nodiscard]] std::string harmony_developer(const std::string& instructions,
                                            std::span<const ToolNamespace> tools);

}  // namespace pagequest::agent::chat
