// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"

namespace pagequest::model {
namespace {

using nlohmann::json;

constexpr std::string_view kSpaces = " \t\n\r\v\f";

std::string type_of(const json& file, const std::string& part) {
  const json value = file.value(part, json());
  if (value.is_null()) return "null";
  const json type = value.is_object() ? value.value("type", json()) : json();
  return type.is_string() ? type.get<std::string>() : value.dump();
}

void require_type(const std::filesystem::path& path, const json& file, const std::string& part,
                  const std::string& expected) {
  const std::string found = type_of(file, part);
  if (found == expected) return;
  throw field_error(path, part, found, expected, "only word-level tokenizers are supported");
}

/// Options that would make an added token match otherwise than as plain text.
void check_added(const std::filesystem::path& path, const json& token) {
  const bool whole = token.is_object() && token.value("content", json()).is_string() &&
                     token.value("id", json()).is_number_integer();
  if (!whole || token["content"].get_ref<const std::string&>().empty()) {
    throw field_error(path, "added_tokens", token.dump(), "an id and a content");
  }
  for (const char* option : {"single_word", "lstrip", "rstrip"}) {
    if (token.value(option, json(false)) != false) {
      throw field_error(path, std::string("added_tokens.") + option, token.dump(), "false");
    }
  }
}

bool longer(const std::string& a, const std::string& b) { return a.size() > b.size(); }

}  // namespace

void Tokenizer::add(const std::filesystem::path& path, const std::string& word, std::int64_t id,
                    std::int32_t vocabulary) {
  if (id < 0 || id >= vocabulary) {
    throw field_error(path, "vocab", "id " + std::to_string(id) + " of `" + word + "`",
                      "an id below the config's vocab_size of " + std::to_string(vocabulary));
  }
  const auto number = static_cast<std::int32_t>(id);
  const auto [by_word, new_word] = ids_.emplace(word, number);
  const auto [by_id, new_id] = words_.emplace(number, word);
  if (by_word->second != number || by_id->second != word) {
    throw field_error(path, "vocab", "`" + word + "` and `" + by_id->second + "` share an id",
                      "one id a word");
  }
}

Tokenizer Tokenizer::load(const std::filesystem::path& folder, std::int32_t vocabulary) {
  const std::filesystem::path path = folder / "tokenizer.json";
  const json file = read_json_file(path);
  require_type(path, file, "normalizer", "null");
  require_type(path, file, "pre_tokenizer", "WhitespaceSplit");
  require_type(path, file, "model", "WordLevel");
  require_type(path, file, "post_processor", "null");
  require_type(path, file, "decoder", "null");
  const json vocab = file["model"].value("vocab", json());
  if (!vocab.is_object()) throw field_error(path, "model.vocab", vocab.dump(), "words with ids");
  Tokenizer tokenizer;
  for (const auto& [word, id] : vocab.items()) {
    if (!id.is_number_integer()) throw field_error(path, "vocab", id.dump(), "an integer id");
    tokenizer.add(path, word, id.get<std::int64_t>(), vocabulary);
  }
  for (const json& token : file.value("added_tokens", json::array())) {
    check_added(path, token);
    tokenizer.added_.push_back(token["content"].get<std::string>());
    tokenizer.add(path, tokenizer.added_.back(), token["id"].get<std::int64_t>(), vocabulary);
  }
  std::stable_sort(tokenizer.added_.begin(), tokenizer.added_.end(), longer);
  const json unknown = file["model"].value("unk_token", json());
  if (unknown.is_string()) {
    const auto at = tokenizer.ids_.find(unknown.get<std::string>());
    if (at != tokenizer.ids_.end()) tokenizer.unknown_ = at->second;
  }
  return tokenizer;
}

void Tokenizer::encode_plain(std::string_view text, std::vector<std::int32_t>& out) const {
  for (std::size_t begin = text.find_first_not_of(kSpaces); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kSpaces, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const auto at = ids_.find(word);
    if (at == ids_.end() && unknown_ < 0) {
      throw input_error({.what = "the tokenizer does not know a word",
                         .where = "tokenizer.json",
                         .found = "`" + std::string(word) + "`",
                         .expected = "a word of the vocabulary",
                         .hint = "the vocabulary has no unknown token (unk_token)"});
    }
    out.push_back(at == ids_.end() ? unknown_ : at->second);
    begin = text.find_first_not_of(kSpaces, end);
  }
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> out;
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto token = std::find_if(added_.begin(), added_.end(), [&](const std::string& content) {
      return text.substr(at).starts_with(content);
    });
    if (token == added_.end()) {
      ++at;
      continue;
    }
    encode_plain(text.substr(plain, at - plain), out);
    out.push_back(ids_.find(*token)->second);
    at += token->size();
    plain = at;
  }
  encode_plain(text.substr(plain), out);
  return out;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string out;
  for (const std::int32_t id : ids) {
    if (!out.empty()) out += ' ';
    const auto word = words_.find(id);
    out += word == words_.end() ? "<" + std::to_string(id) + ">" : word->second;
  }
  return out;
}

}  // namespace pagequest::model
