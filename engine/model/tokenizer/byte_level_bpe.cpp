// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/byte_level_bpe.h"

#include "engine/model/tokenizer/byte_alphabet.h"
#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {
namespace {

class ByteDecoder : public TextDecoder {
 public:
  explicit ByteDecoder(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  std::string push(std::int32_t id) override {
    const std::string* content = vocabulary_.decoded(id);
    if (content == nullptr) return {};
    held_ += content_to_bytes(*content).value_or(*content);
    const std::size_t settled = settled_bytes(held_);
    std::string text = replace_invalid_utf8(std::string_view(held_).substr(0, settled));
    held_.erase(0, settled);
    return text;
  }

  std::string finish() override {
    std::string text = replace_invalid_utf8(held_);
    held_.clear();
    return text;
  }

 private:
  const Vocabulary& vocabulary_;
  std::string held_;  // bytes of an unfinished character
};

}  // namespace

ByteLevelBpe::ByteLevelBpe(const Vocabulary& vocabulary, Options options)
    : vocabulary_(vocabulary), options_(std::move(options)) {
  if (!options_.ignore_merges) return;
  for (std::int32_t id = 0; id < vocabulary.end(); ++id) {
    // A special token in a text was cut out before, or is meant as text (encode_ordinary).
    if (vocabulary.content(id) == nullptr || vocabulary.is_special(id)) continue;
    const auto bytes = content_to_bytes(*vocabulary.content(id));
    if (bytes) whole_words_.emplace(*bytes, id);
  }
}

std::string ByteLevelBpe::clean(std::string_view text) const { return replace_invalid_utf8(text); }

std::string ByteLevelBpe::normalize(std::string_view text) const {
  return options_.nfc ? nfc(text) : std::string(text);
}

void ByteLevelBpe::encode(std::string_view text, bool /*first*/, Ids& out) const {
  if (options_.split == nullptr) {
    encode_spaced(text, out);
    return;
  }
  for (const std::string_view word : split_words(*options_.split, text)) encode_spaced(word, out);
}

void ByteLevelBpe::encode_spaced(std::string_view word, Ids& out) const {
  std::string spaced;
  if (options_.add_prefix_space && !word.starts_with(' ')) {
    spaced = " " + std::string(word);
    word = spaced;
  }
  if (options_.resplit == nullptr) {
    encode_word(word, out);
    return;
  }
  for (const std::string_view part : split_words(*options_.resplit, word)) encode_word(part, out);
}

void ByteLevelBpe::encode_word(std::string_view word, Ids& out) const {
  if (options_.ignore_merges) {
    const auto whole = whole_words_.find(std::string(word));
    if (whole != whole_words_.end()) {
      out.push_back(whole->second);
      return;
    }
  }
  const std::size_t begin = out.size();
  for (const char byte : word) {
    out.push_back(options_.byte_ids[static_cast<unsigned char>(byte)]);
  }
  options_.merges.apply(out, begin);
}

std::unique_ptr<TextDecoder> ByteLevelBpe::decoder() const {
  return std::make_unique<ByteDecoder>(vocabulary_);
}

}  // namespace pagequest::model::tokenizer
