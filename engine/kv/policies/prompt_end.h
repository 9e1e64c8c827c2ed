// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/events.h"

namespace pagequest::kv {

/// Follows where the prompt of a main thread ends: it is what was filled before the first decode
/// step.
class PromptEnd {
 public:
  void observe(const TokensFilled& filled) {
    if (filled.kind == StepKind::decode) decoding_ = true;
    if (!decoding_) end_ = filled.first + static_cast<std::int32_t>(filled.tokens.size());
  }
  [[nodiscard]] bool covers(TokenSpan span) const { return span.first < end_; }
  [[nodiscard]] std::int32_t end() const { return end_; }
  /// Whether a decode step was there.
  [[nodiscard]] bool is_decoding() const { return decoding_; }

 private:
  std::int32_t end_ = 0;  // position behind the last prompt token
  bool decoding_ = false;
};

}  // namespace pagequest::kv
