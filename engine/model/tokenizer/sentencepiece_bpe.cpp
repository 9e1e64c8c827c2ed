// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/sentencepiece_bpe.h"

#include <algorithm>

#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {
namespace {

std::string escape_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == ' ') {
      out += kMetaspace;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string SentencePieceBpe::clean(std::string_view text) const {
  return replace_invalid_utf8(text);
}

std::string SentencePieceBpe::normalize(std::string_view text) const {
  if (text.empty()) return {};
  const std::string prefix(options_.prefix_in_normalizer ? kMetaspace : "");
  return prefix + (options_.escape_in_normalizer ? escape_spaces(text) : std::string(text));
}

std::string SentencePieceBpe::pre_tokenize(std::string_view text, bool first) const {
  if (!options_.escape_in_pre_tokenizer) return std::string(text);
  std::string out = escape_spaces(text);
  const bool wanted =
      options_.prefix == Prefix::always || (options_.prefix == Prefix::first && first);
  if (wanted && !out.starts_with(kMetaspace)) out.insert(0, kMetaspace);
  return out;
}

void SentencePieceBpe::encode(std::string_view text, bool first, Ids& out) const {
  const std::string escaped = pre_tokenize(text, first);
  for (std::string_view rest = escaped; !rest.empty();) {
    // A word begins with U+2581, or is what stands before the first one.
    const std::size_t end = options_.split ? rest.find(kMetaspace, 1) : std::string_view::npos;
    encode_word(rest.substr(0, end), out);
    rest.remove_prefix(std::min(end, rest.size()));
  }
}

void SentencePieceBpe::encode_word(std::string_view word, Ids& out) const {
  if (options_.ignore_merges) {
    const auto whole = vocabulary_.find(word);
    // A special token in a text was cut out before, or is meant as text (encode_ordinary).
    if (whole && !vocabulary_.is_special(*whole)) {
      out.push_back(*whole);
      return;
    }
  }
  const std::size_t begin = out.size();
  bool unknown = false;
  while (!word.empty()) {
    const std::string_view character = word.substr(0, first_char(word).bytes);
    const auto id = vocabulary_.find(character);
    if (id) {
      out.push_back(*id);
    } else {
      push_unknown(character, unknown, out);
    }
    unknown = !id;
    word.remove_prefix(character.size());
  }
  options_.merges.apply(out, begin);
}

void SentencePieceBpe::push_unknown(std::string_view character, bool follows_unknown,
                                    Ids& out) const {
  if (!options_.byte_fallback) {
    if (!follows_unknown || !options_.fuse_unknown) out.push_back(options_.unknown);
    return;
  }
  for (const char byte : character) {
    out.push_back(options_.byte_ids[static_cast<unsigned char>(byte)]);
  }
}

std::unique_ptr<TextDecoder> SentencePieceBpe::decoder() const {
  return std::make_unique<SentencePieceDecoder>(vocabulary_, options_.decoder);
}

}  // namespace pagequest::model::tokenizer
