// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/auxiliary_prompt.h"

namespace pagequest::agent::chat {

std::string auxiliary_instructions(std::span<const OpenCursor> open) {
  std::string text =
      "Do not work on the task now. Decide which tool responses you will not need again, neither "
      "for the next steps nor for the final answer. These are in your context, by cursor:\n";
  for (const auto& display : open) {
    text += "[" + std::to_string(display.cursor) + "] " + display.title + "\n";
  }
  if (open.empty()) text += "(none)\n";
  text +=
      "Think briefly, then end with one line of JSON that lists the cursors to delete, for example "
      "{\"del_cursors\": [0, 2]}, or {\"del_cursors\": []} to keep all of them. Call no tool.";
  return text;
}

}  // namespace pagequest::agent::chat
