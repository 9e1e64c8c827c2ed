// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// The pipeline of a file whose model is BPE over characters. U+2581 comes from the normalizer
/// (Prepend and Replace, or Replace) or from the pre-tokenizer Metaspace. Throws input_error that
/// names what is not supported.
[[nodiscard]] std::unique_ptr<const Pipeline> read_sentencepiece(const JsonPart& file,
                                                                 const Vocabulary& vocabulary);

}  // namespace pagequest::model::tokenizer
