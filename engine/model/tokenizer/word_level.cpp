// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/word_level.h"

#include <algorithm>

#include "base/error.h"

namespace pagequest::model::tokenizer {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\v\f";

class WordDecoder : public TextDecoder {
 public:
  explicit WordDecoder(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  std::string push(std::int32_t id) override {
    const std::string* word = vocabulary_.content(id);
    std::string out = first_ ? "" : " ";
    first_ = false;
    return out + (word == nullptr ? "<" + std::to_string(id) + ">" : *word);
  }

  std::string finish() override {
    first_ = true;
    return {};
  }

 private:
  const Vocabulary& vocabulary_;
  bool first_ = true;
};

}  // namespace

std::int32_t WordLevel::id_of(std::string_view word) const {
  const auto id = vocabulary_.find(word);
  // A special token's word that is still here is a user's text (encode_ordinary).
  if (id && !vocabulary_.is_special(*id)) return *id;
  if (unknown_ >= 0) return unknown_;
  throw input_error({.what = "the tokenizer does not know a word",
                     .where = "tokenizer.json",
                     .found = "`" + std::string(word) + "`",
                     .expected = "a word of the vocabulary",
                     .hint = "the vocabulary has no unknown token (unk_token)"});
}

void WordLevel::encode(std::string_view text, bool /*first*/, Ids& out) const {
  for (std::size_t begin = text.find_first_not_of(kSpaces); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpaces, begin), text.size());
    out.push_back(id_of(text.substr(begin, end - begin)));
    begin = text.find_first_not_of(kSpaces, end);
  }
}

std::unique_ptr<TextDecoder> WordLevel::decoder() const {
  return std::make_unique<WordDecoder>(vocabulary_);
}

}  // namespace pagequest::model::tokenizer
