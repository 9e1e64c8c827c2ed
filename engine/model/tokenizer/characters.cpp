// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/characters.h"

namespace pagequest::model::tokenizer {

Characters::Characters(std::string_view text) : text_(text) {
  kinds_.reserve(text.size());
  offsets_.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = first_char(text.substr(at));
    kinds_.push_back(char_kind(c.code_point));
    offsets_.push_back(at);
    at += c.bytes;
  }
  offsets_.push_back(text.size());
}

}  // namespace pagequest::model::tokenizer
