// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/vocabulary.h"

#include "base/check.h"

namespace pagequest::model::tokenizer {

bool Vocabulary::add(std::string_view content, std::int32_t id) {
  PQ_CHECK(id >= 0, "ids are validated by the reader");
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  const auto [entry, is_new] = ids_.emplace(content, id);
  Token& token = tokens_[index];
  if (token.content == nullptr && is_new) token.content = &entry->first;
  return entry->second == id && token.content == &entry->first;
}

void Vocabulary::mark_special(std::int32_t id) {
  PQ_CHECK(content(id) != nullptr, "only a known token can be special");
  tokens_[static_cast<std::size_t>(id)].special = true;
}

void Vocabulary::set_decoded(std::int32_t id, std::string text) {
  PQ_CHECK(content(id) != nullptr, "only a known token is decoded");
  decoded_.insert_or_assign(id, std::move(text));
}

std::optional<std::int32_t> Vocabulary::find(std::string_view content) const {
  const auto entry = ids_.find(content);
  if (entry == ids_.end()) return std::nullopt;
  return entry->second;
}

const std::string* Vocabulary::content(std::int32_t id) const {
  if (id < 0 || id >= end()) return nullptr;
  return tokens_[static_cast<std::size_t>(id)].content;
}

const std::string* Vocabulary::decoded(std::int32_t id) const {
  const auto other = decoded_.find(id);
  return other == decoded_.end() ? content(id) : &other->second;
}

bool Vocabulary::is_special(std::int32_t id) const {
  return content(id) != nullptr && tokens_[static_cast<std::size_t>(id)].special;
}

}  // namespace pagequest::model::tokenizer
