// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/model/tokenizer/characters.h"

/// The alternatives that the split patterns of tokenizers are made of, matched as a backtracking
/// regular expression engine does (leftmost alternative first, greedy). Each returns the end of
/// its match at `at`, or 0 for no match.
namespace pagequest::model::tokenizer {

inline constexpr KindSet kLetters{CharKind::upper, CharKind::lower, CharKind::caseless};
inline constexpr KindSet kNumbers{CharKind::number};
inline constexpr KindSet kNewlines{CharKind::newline};
inline constexpr KindSet kSpaces{CharKind::space, CharKind::newline};
inline constexpr KindSet kSymbols{CharKind::mark, CharKind::other};  // [^\s\p{L}\p{N}]
// [^\r\n\p{L}\p{N}]
inline constexpr KindSet kPrefixes{CharKind::space, CharKind::mark, CharKind::other};

/// 's|'t|'re|'ve|'m|'ll|'d
[[nodiscard]] std::size_t match_contraction(const Characters& text, std::size_t at,
                                            bool ignore_case);

/// ` ?X+` for the set X, which has no space.
[[nodiscard]] std::size_t match_spaced_run(const Characters& text, std::size_t at, KindSet set);

/// [^\r\n\p{L}\p{N}]?\p{L}+
[[nodiscard]] std::size_t match_prefixed_letters(const Characters& text, std::size_t at);

/// \p{N}{1,most}
[[nodiscard]] std::size_t match_digits(const Characters& text, std::size_t at, std::size_t most);

/// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, with `slash` ` ?[^\s\p{L}\p{N}]+[\r\n/]*`
[[nodiscard]] std::size_t match_symbols(const Characters& text, std::size_t at, bool slash);

/// \s*[\r\n]+
[[nodiscard]] std::size_t match_newlines(const Characters& text, std::size_t at);

/// \s+(?!\S)|\s+
[[nodiscard]] std::size_t match_spaces(const Characters& text, std::size_t at);

}  // namespace pagequest::model::tokenizer
