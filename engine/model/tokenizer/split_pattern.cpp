// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/split_pattern.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "engine/model/tokenizer/cased_words.h"
#include "engine/model/tokenizer/split_matchers.h"

namespace pagequest::model::tokenizer {
namespace {

/// OpenAI GPT-2, encoder.py.
std::size_t match_gpt2(const Characters& text, std::size_t at) {
  if (const auto end = match_contraction(text, at, /*ignore_case=*/false)) return end;
  for (const KindSet set : {kLetters, kNumbers, kSymbols}) {
    if (const auto end = match_spaced_run(text, at, set)) return end;
  }
  return match_spaces(text, at);
}

std::size_t match_spaces_by_line(const Characters& text, std::size_t at) {
  const std::size_t end = match_newlines(text, at);
  return end > 0 ? end : match_spaces(text, at);
}

/// OpenAI cl100k as Llama 3 and Qwen use it, with at most `digits` digits a word.
template <std::size_t digits>
std::size_t match_cl100k(const Characters& text, std::size_t at) {
  if (const auto end = match_contraction(text, at, /*ignore_case=*/true)) return end;
  if (const auto end = match_prefixed_letters(text, at)) return end;
  if (const auto end = match_digits(text, at, digits)) return end;
  if (const auto end = match_symbols(text, at, /*slash=*/false)) return end;
  return match_spaces_by_line(text, at);
}

/// OpenAI o200k, and Mistral's Tekken, which has no contractions and single digits.
template <std::size_t digits, bool contractions>
std::size_t match_o200k(const Characters& text, std::size_t at) {
  if (const auto end = match_cased_word(text, at)) {
    const auto longer = contractions ? match_contraction(text, end, /*ignore_case=*/true) : 0;
    return std::max(end, longer);
  }
  if (const auto end = match_digits(text, at, digits)) return end;
  if (const auto end = match_symbols(text, at, /*slash=*/true)) return end;
  return match_spaces_by_line(text, at);
}

constexpr std::array<SplitPattern, 4> kPatterns = {{
    {"llama3",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_cl100k<3>},
    {"qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_cl100k<1>},
    {"o200k",
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_o200k<3, true>},
    {"tekken",
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
     R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_o200k<1, false>},
}};

constexpr SplitPattern kGpt2 = {
    "gpt2", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    match_gpt2};

}  // namespace

const SplitPattern* find_split_pattern(std::string_view regex) {
  const auto* const found =
      std::find_if(kPatterns.begin(), kPatterns.end(),
                   [&](const SplitPattern& pattern) { return pattern.regex == regex; });
  return found == kPatterns.end() ? nullptr : found;
}

std::string split_pattern_names() {
  std::string names;
  for (const SplitPattern& pattern : kPatterns) {
    names += (names.empty() ? "" : ", ") + std::string(pattern.name);
  }
  return names;
}

const SplitPattern& gpt2_pattern() { return kGpt2; }

std::vector<std::string_view> split_words(const SplitPattern& pattern, std::string_view text) {
  const Characters characters(text);
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < characters.size();) {
    const std::size_t end = pattern.match(characters, at);
    PQ_CHECK(end > at, "the patterns match every character");
    words.push_back(characters.slice(at, end));
    at = end;
  }
  return words;
}

}  // namespace pagequest::model::tokenizer
