// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_vocabulary.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pagequest::model::tokenizer {
namespace {

/// The vocabulary is indexed by id; no model has ids near this.
constexpr std::int32_t kLargestVocabulary = 1 << 24;

std::int32_t checked_id(const JsonPart& id, const std::string& content, std::int32_t limit) {
  const std::int64_t number = id.integer();
  const std::int32_t bound = std::min(limit, kLargestVocabulary);
  if (number >= 0 && number < bound) return static_cast<std::int32_t>(number);
  throw id.error("an id below the config's vocab_size of " + std::to_string(bound),
                 "the token is `" + content + "`");
}

void add_token(const JsonPart& id, const std::string& content, std::int32_t limit,
               Vocabulary& out) {
  const std::int32_t number = checked_id(id, content, limit);
  const std::string* other = out.content(number);
  const std::string owner = other == nullptr ? "none" : "`" + *other + "`";
  if (out.add(content, number)) return;
  throw id.error("one id a token, one token an id",
                 "the token is `" + content + "`, the token that has this id is " + owner);
}

AddedToken read_added_token(const JsonPart& token) {
  token.allow_only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  for (const char* option : {"single_word", "lstrip", "rstrip"}) {
    if (token[option].flag(false)) throw token[option].error("false");
  }
  if (token["content"].text().empty()) throw token["content"].error("a text that is not empty");
  AddedToken out;
  out.content = token["content"].text();
  out.special = token["special"].flag(false);
  out.normalized = token["normalized"].flag(!out.special);
  return out;
}

}  // namespace

void read_vocabulary(const JsonPart& vocab, std::int32_t limit, Vocabulary& out) {
  if (!vocab.json().is_object()) throw vocab.error("tokens with ids");
  for (const auto& entry : vocab.json().items()) {
    add_token(vocab[entry.key()], entry.key(), limit, out);
  }
}

std::vector<AddedToken> read_added_tokens(const JsonPart& tokens, std::int32_t limit,
                                          Vocabulary& out) {
  std::vector<AddedToken> added;
  if (tokens.is_null()) return added;
  for (const JsonPart& part : tokens.elements()) {
    AddedToken token = read_added_token(part);
    add_token(part["id"], token.content, limit, out);
    token.id = *out.find(token.content);
    if (token.special) out.mark_special(token.id);
    added.push_back(std::move(token));
  }
  return added;
}

}  // namespace pagequest::model::tokenizer
