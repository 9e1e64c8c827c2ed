// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/agent/chat/format.h"

namespace pagequest::agent::chat {

/// SideQuest (arXiv 2602.22603), section 3.2.
inline constexpr std::string_view kAuxTrigger = "** Memory management mode **";

/// For models that were not trained to manage their memory: which tool responses are in the
/// context, and how to name those that can go.
[[nodiscard]] std::string auxiliary_instructions(std::span<const OpenCursor> open);

}  // namespace pagequest::agent::chat
