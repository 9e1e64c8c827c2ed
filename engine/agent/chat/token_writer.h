// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/agent/chat/rendered.h"
#include "engine/model/tokenizer.h"

namespace pagequest::agent::chat {

/// Builds a rendering. Text between two tokens is encoded in one piece, as if the whole
/// conversation were a text, and never yields special tokens, whatever a user wrote. A new part
/// starts a new piece.
class TokenWriter {
 public:
  /// `tokenizer` must outlive the writer.
  explicit TokenWriter(const model::Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  TokenWriter& begin(std::int32_t message, Part part);
  /// A token of the vocabulary by its content. Throws input_error when the tokenizer lacks it.
  TokenWriter& token(std::string_view content);
  /// The same if the tokenizer has it, else plain text.
  TokenWriter& marker(std::string_view content);
  TokenWriter& text(std::string_view text);
  [[nodiscard]] Rendered finish();

 private:
  void flush();
  void close_part();

  const model::Tokenizer& tokenizer_;
  Rendered out_;
  std::string pending_;
  std::int32_t part_begin_ = 0;
  std::int32_t message_ = 0;
  Part part_ = Part::header;
};

}  // namespace pagequest::agent::chat
