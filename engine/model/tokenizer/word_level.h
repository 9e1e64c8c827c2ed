// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// WordLevel with WhitespaceSplit: a word between whitespace is a token. Words are joined by single
/// spaces when decoded.
class WordLevel : public Pipeline {
 public:
  /// `unknown` is the id of words that the vocabulary lacks; negative: they are errors.
  WordLevel(const Vocabulary& vocabulary, std::int32_t unknown)
      : vocabulary_(vocabulary), unknown_(unknown) {}

  [[nodiscard]] std::string_view kind() const override { return "word-level"; }
  [[nodiscard]] std::string clean(std::string_view text) const override {
    return std::string(text);
  }
  [[nodiscard]] std::string normalize(std::string_view text) const override {
    return std::string(text);
  }
  void encode(std::string_view text, bool first, Ids& out) const override;
  [[nodiscard]] std::unique_ptr<TextDecoder> decoder() const override;

 private:
  [[nodiscard]] std::int32_t id_of(std::string_view word) const;

  const Vocabulary& vocabulary_;
  std::int32_t unknown_;
};

}  // namespace pagequest::model::tokenizer
