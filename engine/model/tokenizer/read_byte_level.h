// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// The pipeline of a file whose model is BPE and whose pre-tokenizer is ByteLevel, or a Split by a
/// known pattern and then ByteLevel. Throws input_error that names what is not supported.
[[nodiscard]] std::unique_ptr<const Pipeline> read_byte_level(const JsonPart& file,
                                                              const Vocabulary& vocabulary);

}  // namespace pagequest::model::tokenizer
