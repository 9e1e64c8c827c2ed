// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "engine/model/tokenizer/flat_map.h"
#include "engine/model/tokenizer/merges.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/split_pattern.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// Byte-pair encoding of the UTF-8 bytes of words (GPT-2, Llama 3, Qwen, gpt-oss).
class ByteLevelBpe : public Pipeline {
 public:
  struct Options {
    bool nfc = false;
    const SplitPattern* split = nullptr;    // how text becomes words; nullptr: it stays one
    bool add_prefix_space = false;          // before a word that does not begin with one
    const SplitPattern* resplit = nullptr;  // applied to each word after the space is added
    bool ignore_merges = false;  // a word that is a token is that token, whatever the merges say
    std::array<std::int32_t, 256> byte_ids{};
    Merges merges;
  };

  ByteLevelBpe(const Vocabulary& vocabulary, Options options);

  [[nodiscard]] std::string_view kind() const override { return "byte-level-bpe"; }
  [[nodiscard]] std::string clean(std::string_view text) const override;
  [[nodiscard]] std::string normalize(std::string_view text) const override;
  void encode(std::string_view text, bool first, Ids& out) const override;
  [[nodiscard]] std::unique_ptr<TextDecoder> decoder() const override;

 private:
  void encode_spaced(std::string_view word, Ids& out) const;
  void encode_word(std::string_view word, Ids& out) const;

  const Vocabulary& vocabulary_;
  Options options_;
  FlatMap<std::string, std::int32_t> whole_words_;  // by bytes; ignore_merges
};

}  // namespace pagequest::model::tokenizer
