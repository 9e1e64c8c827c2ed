// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/added_tokens.h"

#include "base/check.h"

namespace pagequest::model::tokenizer {

void AddedTokenFinder::add(std::string_view pattern, const AddedToken& token) {
  PQ_CHECK(!pattern.empty(), "the reader refuses empty tokens");
  first_bytes_[static_cast<unsigned char>(pattern.front())] = true;
  by_length_[pattern.size()].insert_or_assign(std::string(pattern),
                                              Match{token.id, token.special, pattern.size()});
}

AddedTokenFinder::Match AddedTokenFinder::longest(std::string_view text) const {
  for (const auto& [bytes, tokens] : by_length_) {
    if (bytes > text.size()) continue;
    const auto found = tokens.find(text.substr(0, bytes));
    if (found != tokens.end()) return found->second;
  }
  return {};
}

std::vector<Section> AddedTokenFinder::split(std::string_view text, bool keep_special) const {
  std::vector<Section> sections;
  std::size_t plain = 0;
  const auto end_plain = [&](std::size_t at) {
    if (at > plain) sections.push_back({text.substr(plain, at - plain), -1});
  };
  for (std::size_t at = 0; at < text.size();) {
    const bool possible = first_bytes_[static_cast<unsigned char>(text[at])];
    const Match match = possible ? longest(text.substr(at)) : Match{};
    if (match.id >= 0 && !(match.special && keep_special)) {
      end_plain(at);
      sections.push_back({text.substr(at, match.bytes), match.id});
      plain = at + match.bytes;
    }
    at += match.id >= 0 ? match.bytes : 1;
  }
  end_plain(text.size());
  return sections;
}

}  // namespace pagequest::model::tokenizer
