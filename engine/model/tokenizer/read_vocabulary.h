// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/tokenizer/added_tokens.h"
#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// Adds `model.vocab`: an object of contents with ids. Throws input_error on an id that is not
/// below `limit`, or that two tokens share.
void read_vocabulary(const JsonPart& vocab, std::int32_t limit, Vocabulary& out);

/// Adds `added_tokens` to the vocabulary and returns them. Throws input_error as read_vocabulary
/// does, and on an option that makes a token match otherwise than as plain text.
[[nodiscard]] std::vector<AddedToken> read_added_tokens(const JsonPart& tokens, std::int32_t limit,
                                                        Vocabulary& out);

}  // namespace pagequest::model::tokenizer
