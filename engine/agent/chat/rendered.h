// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"

namespace pagequest::agent::chat {

enum class Part : std::uint8_t {
  header,    // what opens a message, up to the last token of its own
  content,   // text of a system, user or assistant message, its closing tokens included
  thought,   // reasoning of an assistant
  call,      // a tool call
  response,  // what a tool answered
};

/// Where a part of message `message` lies; the parts of a rendering follow each other without gaps.
/// The header that opens the model's own turn counts as a message behind the last one.
struct PartSpan {
  std::int32_t message = 0;
  Part part = Part::content;
  TokenSpan tokens;
};

struct Rendered {
  std::vector<std::int32_t> tokens;
  std::vector<PartSpan> parts;

  /// The tokens of a whole message; an empty span if nothing was written for it.
  [[nodiscard]] TokenSpan message(std::int32_t index) const;
};

}  // namespace pagequest::agent::chat
