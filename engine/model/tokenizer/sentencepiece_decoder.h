// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

inline constexpr std::string_view kMetaspace = "\xE2\x96\x81";  // U+2581

/// The byte of a token spelled <0x00> to <0xFF>.
[[nodiscard]] std::optional<char> byte_of_token(std::string_view content);

/// Spelling of a byte as a token.
[[nodiscard]] std::string token_of_byte(unsigned byte);

/// Text of SentencePiece tokens: U+2581 is a space, byte tokens are bytes. As in the reference
/// library, a run of byte tokens that is not UTF-8 becomes one U+FFFD a byte.
class SentencePieceDecoder : public TextDecoder {
 public:
  struct Options {
    bool byte_fallback = false;
    int strip_spaces = 0;            // at most so many at the start of the text
    bool drop_first_spaces = false;  // those of the first token
  };

  SentencePieceDecoder(const Vocabulary& vocabulary, Options options)
      : vocabulary_(vocabulary), options_(options), to_strip_(options.strip_spaces) {}

  std::string push(std::int32_t id) override;
  std::string finish() override;

 private:
  [[nodiscard]] std::string take_bytes();
  [[nodiscard]] std::string stripped(std::string text);

  const Vocabulary& vocabulary_;
  Options options_;
  int to_strip_;
  bool first_ = true;
  std::string bytes_;  // the run of byte tokens so far
};

}  // namespace pagequest::model::tokenizer
