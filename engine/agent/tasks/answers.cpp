// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/answers.h"

#include <algorithm>

#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

bool is_article(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

std::string without_citations(std::string_view text) {
  constexpr std::string_view kOpen = "【";
  constexpr std::string_view kClose = "】";
  std::string out;
  while (true) {
    const auto open = text.find(kOpen);
    const auto close = open == text.npos ? text.npos : text.find(kClose, open);
    if (close == text.npos) return out += text;
    out += text.substr(0, open);
    text.remove_prefix(close + kClose.size());
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string normalized_answer(std::string_view text) {
  std::string plain;
  for (const char c : without_citations(text)) {
    if (!is_punctuation(c)) plain += lower(c);
  }
  Text out;
  for (const auto word : split_words(plain)) {
    if (!is_article(word)) out.add(word);
  }
  return out.str();
}

bool gives_answer(std::string_view text, std::span<const std::string> accepted) {
  const std::string given = ' ' + normalized_answer(text) + ' ';
  return std::any_of(accepted.begin(), accepted.end(), [&](const std::string& answer) {
    const std::string wanted = normalized_answer(answer);
    if (wanted.empty()) return text.find(answer) != std::string_view::npos;
    return given.find(' ' + wanted + ' ') != std::string::npos;
  });
}

}  // namespace pagequest::agent
