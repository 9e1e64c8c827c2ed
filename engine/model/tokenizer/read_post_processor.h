// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/parts.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// What goes around a single text: TemplateProcessing, ByteLevel (which adds nothing) or a Sequence
/// of them. Throws input_error on another post-processor and on a token the vocabulary lacks.
[[nodiscard]] Template read_post_processor(const JsonPart& part, const Vocabulary& vocabulary);

}  // namespace pagequest::model::tokenizer
