// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/model/tokenizer/characters.h"

namespace pagequest::model::tokenizer {

/// End of o200k's word at `at`, or 0: optionally one character that is no letter, number or
/// newline, then upper-case letters before lower-case ones, where letters without case and marks
/// are both. With U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L = [\p{Ll}\p{Lm}\p{Lo}\p{M}]:
///   [^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*
[[nodiscard]] std::size_t match_cased_word(const Characters& text, std::size_t at);

}  // namespace pagequest::model::tokenizer
