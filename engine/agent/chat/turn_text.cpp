// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/turn_text.h"

#include <algorithm>

namespace pagequest::agent::chat {

void TurnText::push(std::int32_t token) {
  tokens_.push_back(token);
  text_ += decoder_.push(token);
  ends_.push_back(text_.size());
}

TokenSpan TurnText::tokens_of(std::size_t first, std::size_t end) const {
  if (first >= end) return {};
  const auto begin = std::upper_bound(ends_.begin(), ends_.end(), first) - ends_.begin();
  auto last = std::lower_bound(ends_.begin(), ends_.end(), end) - ends_.begin();
  last = std::min(last + 1, std::ssize(ends_));
  return {.first = static_cast<std::int32_t>(begin),
          .count = static_cast<std::int32_t>(last - begin)};
}

}  // namespace pagequest::agent::chat
