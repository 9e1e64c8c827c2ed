// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/split_matchers.h"

#include <algorithm>
#include <string_view>

namespace pagequest::model::tokenizer {
namespace {

constexpr std::string_view kLongS = "\xC5\xBF";  // U+017F, which folds to s

bool is_letter(const Characters& text, std::size_t at, char lower, bool ignore_case) {
  if (text.is(at, lower)) return true;
  if (!ignore_case || at >= text.size()) return false;
  if (text.is(at, static_cast<char>(lower - 'a' + 'A'))) return true;
  return lower == 's' && text.slice(at, at + 1) == kLongS;
}

}  // namespace

std::size_t match_contraction(const Characters& text, std::size_t at, bool ignore_case) {
  if (!text.is(at, '\'')) return 0;
  constexpr std::string_view kEndings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
  for (const std::string_view ending : kEndings) {
    std::size_t next = at + 1;
    for (const char letter : ending) {
      if (!is_letter(text, next, letter, ignore_case)) break;
      ++next;
    }
    if (next == at + 1 + ending.size()) return next;
  }
  return 0;
}

std::size_t match_spaced_run(const Characters& text, std::size_t at, KindSet set) {
  const std::size_t start = text.is(at, ' ') ? at + 1 : at;
  const std::size_t end = text.run_end(start, set);
  return end > start ? end : 0;
}

std::size_t match_prefixed_letters(const Characters& text, std::size_t at) {
  const std::size_t start = text.in(at, kPrefixes) ? at + 1 : at;
  const std::size_t end = text.run_end(start, kLetters);
  return end > start ? end : 0;
}

std::size_t match_digits(const Characters& text, std::size_t at, std::size_t most) {
  std::size_t end = at;
  while (end < at + most && text.in(end, kNumbers)) ++end;
  return end > at ? end : 0;
}

std::size_t match_symbols(const Characters& text, std::size_t at, bool slash) {
  std::size_t end = match_spaced_run(text, at, kSymbols);
  if (end == 0) return 0;
  while (text.in(end, kNewlines) || (slash && text.is(end, '/'))) ++end;
  return end;
}

std::size_t match_newlines(const Characters& text, std::size_t at) {
  std::size_t end = 0;
  for (std::size_t next = at; text.in(next, kSpaces); ++next) {
    if (text.in(next, kNewlines)) end = next + 1;
  }
  return end;
}

std::size_t match_spaces(const Characters& text, std::size_t at) {
  const std::size_t end = text.run_end(at, kSpaces);
  if (end == at) return 0;
  // Before a word the lookahead gives the last space back, unless it is the only one.
  return end == text.size() ? end : std::max(end - 1, at + 1);
}

}  // namespace pagequest::model::tokenizer
