// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/cased_words.h"

#include "engine/model/tokenizer/split_matchers.h"

namespace pagequest::model::tokenizer {
namespace {

constexpr KindSet kUpper{CharKind::upper, CharKind::caseless, CharKind::mark};
constexpr KindSet kLower{CharKind::lower, CharKind::caseless, CharKind::mark};

/// U*L+. The greedy U* gives back characters until one is left for L+.
std::size_t match_ending_lower(const Characters& text, std::size_t at) {
  std::size_t lower = text.run_end(at, kUpper);
  while (lower > at && !text.in(lower, kLower)) --lower;
  return text.in(lower, kLower) ? text.run_end(lower, kLower) : 0;
}

/// U+L*
std::size_t match_starting_upper(const Characters& text, std::size_t at) {
  const std::size_t lower = text.run_end(at, kUpper);
  return lower > at ? text.run_end(lower, kLower) : 0;
}

/// The optional prefix is tried before its absence; a mark may be either.
template <class Match>
std::size_t match_prefixed(const Characters& text, std::size_t at, Match match) {
  if (text.in(at, kPrefixes)) {
    if (const std::size_t end = match(text, at + 1)) return end;
  }
  return match(text, at);
}

}  // namespace

std::size_t match_cased_word(const Characters& text, std::size_t at) {
  const std::size_t end = match_prefixed(text, at, match_ending_lower);
  return end > 0 ? end : match_prefixed(text, at, match_starting_upper);
}

}  // namespace pagequest::model::tokenizer
