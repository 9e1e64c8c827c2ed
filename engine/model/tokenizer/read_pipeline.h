// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// Throws input_error that names the valid ones when the model's type is none of them.
void require_known_model(const JsonPart& model);

/// The pipeline that a tokenizer.json describes. Throws input_error that names the part or option
/// which is not supported.
[[nodiscard]] std::unique_ptr<const Pipeline> read_pipeline(const JsonPart& file,
                                                            const Vocabulary& vocabulary);

}  // namespace pagequest::model::tokenizer
