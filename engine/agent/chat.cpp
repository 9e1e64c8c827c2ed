// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat.h"

#include <algorithm>

#include "base/error.h"

namespace pagequest::agent {

Chat::Chat(const ChatMarkers& markers, const model::Tokenizer& tokenizer)
    : tokenizer_(tokenizer),
      call_(single(markers.call)),
      end_of_call_(single(markers.end_of_call)),
      answer_(single(markers.answer)),
      end_of_answer_(single(markers.end_of_answer)),
      end_of_aux_(single(markers.end_of_aux)),
      aux_trigger_(encode(std::string(markers.aux_trigger))) {}

std::vector<std::int32_t> Chat::encode(const std::string& text) const {
  return tokenizer_.encode(text);
}

std::string Chat::decode(std::span<const std::int32_t> tokens) const {
  return tokenizer_.decode(tokens);
}

std::int32_t Chat::single(std::string_view word) const {
  const auto tokens = tokenizer_.encode(word);
  if (tokens.size() == 1 && tokenizer_.decode(tokens) == word) return tokens[0];
  throw input_error({.what = "the model's tokenizer does not know a word of the task",
                     .where = "tokenizer.json",
                     .found = {},
                     .expected = "`" + std::string(word) + "` as one token",
                     .hint = "use a model that was trained for this task, e.g. engine/pocket"});
}

std::optional<ParsedTurn> Chat::parse(std::span<const std::int32_t> tokens,
                                      std::int32_t opening) const {
  const auto at = std::find(tokens.begin(), tokens.end(), opening);
  if (at == tokens.end()) return std::nullopt;
  const auto index = at - tokens.begin();
  const auto body = tokens.subspan(static_cast<std::size_t>(index) + 1);
  return ParsedTurn{.text = decode(body.first(body.size() - 1)),
                    .opening = static_cast<std::int32_t>(index)};
}

}  // namespace pagequest::agent
