// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "engine/model/tokenizer/merges.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/sentencepiece_decoder.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// Byte-pair encoding of characters as SentencePiece does it (Kudo and Richardson 2018,
/// "SentencePiece", section 3): U+2581 stands for a space, a character without a token becomes its
/// UTF-8 bytes <0x00> to <0xFF> (Llama 2, Mistral).
class SentencePieceBpe : public Pipeline {
 public:
  enum class Prefix { never, first, always };  // whether U+2581 goes before a text

  struct Options {
    bool escape_in_normalizer = false;  // spaces, and the prefix of every text
    bool prefix_in_normalizer = false;
    bool escape_in_pre_tokenizer = false;  // spaces; the prefix only where there is none
    Prefix prefix = Prefix::never;         // of the pre-tokenizer
    bool split = false;                    // before each U+2581
    std::int32_t unknown = -1;             // negative: byte_fallback
    bool fuse_unknown = false;             // neighbouring unknown characters are one
    bool byte_fallback = false;
    bool ignore_merges = false;  // a word that is a token is that token, whatever the merges say
    std::array<std::int32_t, 256> byte_ids{};
    Merges merges;
    SentencePieceDecoder::Options decoder;
  };

  SentencePieceBpe(const Vocabulary& vocabulary, Options options)
      : vocabulary_(vocabulary), options_(std::move(options)) {}

  [[nodiscard]] std::string_view kind() const override { return "sentencepiece-bpe"; }
  [[nodiscard]] std::string clean(std::string_view text) const override;
  [[nodiscard]] std::string normalize(std::string_view text) const override;
  void encode(std::string_view text, bool first, Ids& out) const override;
  [[nodiscard]] std::unique_ptr<TextDecoder> decoder() const override;

 private:
  [[nodiscard]] std::string pre_tokenize(std::string_view text, bool first) const;
  void encode_word(std::string_view word, Ids& out) const;
  void push_unknown(std::string_view character, bool follows_unknown, Ids& out) const;

  const Vocabulary& vocabulary_;
  Options options_;
};

}  // namespace pagequest::model::tokenizer
