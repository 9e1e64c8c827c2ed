// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "engine/kv/policies/prompt_end.h"

namespace pagequest::kv {

/// Where a token of an episode comes from.
enum class Place : std::uint8_t {
  prompt,    // before the first decode step
  thought,   // the model wrote it, but for its calls
  call,      // the model wrote it to call a tool
  response,  // a tool's
  other,     // the chat format's, around the responses
};

/// Follows where the tokens of one main thread come from.
class TokenPlaces {
 public:
  void observe(const Event& event);

  /// Positions filled so far.
  [[nodiscard]] std::int32_t filled() const { return filled_; }
  /// Position behind the last token of the prompt.
  [[nodiscard]] std::int32_t prompt_end() const { return prompt_.end(); }
  /// Of a position below filled().
  [[nodiscard]] Place at(std::int32_t position) const {
    return places_[static_cast<std::size_t>(position)];
  }

 private:
  void fill(const TokensFilled& filled);
  void announce(TokenSpan span, Place place);

  std::vector<Place> places_;  // (position), beyond filled_ as far as tools have announced
  std::int32_t filled_ = 0;
  PromptEnd prompt_;
};

}  // namespace pagequest::kv
