// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/model/tokenizer/json_part.h"
#include "engine/model/tokenizer/sentencepiece_decoder.h"

namespace pagequest::model::tokenizer {

/// Metaspace, or a Sequence of Replace, ByteFallback, Fuse and perhaps Strip. Throws input_error on
/// another decoder.
[[nodiscard]] SentencePieceDecoder::Options read_sentencepiece_decoder(const JsonPart& decoder);

}  // namespace pagequest::model::tokenizer
