// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pagequest::agent::chat {

/// What a user may choose about the rendering. Formats ignore what they have no place for.
struct Settings {
  bool thinking = true;           // false: an empty think block before Qwen3's answer
  std::string effort = "medium";  // gpt-oss: low, medium or high
  std::string date;               // of the system message, as the format writes it; "": its own
  bool aux_instructions = true;   // tell auxiliary threads what to do, beside the trigger phrase
};

}  // namespace pagequest::agent::chat
