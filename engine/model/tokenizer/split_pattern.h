// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/tokenizer/characters.h"

namespace pagequest::model::tokenizer {

/// A regular expression of the public tokenizers, hand-written. It matches every character of every
/// text, so the matches are the words.
struct SplitPattern {
  std::string_view name;
  std::string_view regex;                                        // as tokenizer.json spells it
  std::size_t (*match)(const Characters& text, std::size_t at);  // end of the match at `at`
};

/// nullptr when the expression is not a known one.
[[nodiscard]] const SplitPattern* find_split_pattern(std::string_view regex);

/// The names of all patterns but GPT-2's, which tokenizer.json does not spell, for messages.
[[nodiscard]] std::string split_pattern_names();

/// The pattern of a ByteLevel pre-tokenizer with use_regex.
[[nodiscard]] const SplitPattern& gpt2_pattern();

[[nodiscard]] std::vector<std::string_view> split_words(const SplitPattern& pattern,
                                                        std::string_view text);

}  // namespace pagequest::model::tokenizer
