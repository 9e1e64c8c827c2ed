// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_pipeline.h"

#include <nlohmann/json.hpp>

#include "engine/model/tokenizer/read_byte_level.h"
#include "engine/model/tokenizer/read_sentencepiece.h"
#include "engine/model/tokenizer/read_word_level.h"

namespace pagequest::model::tokenizer {
namespace {

bool is_byte_level(const JsonPart& pre_tokenizer) {
  return pre_tokenizer.type() == "ByteLevel" || pre_tokenizer.type() == "Sequence";
}

}  // namespace

void require_known_model(const JsonPart& model) {
  const JsonPart type = model["type"];
  // Older files leave the type out; only BPE has merges.
  if (type.is_null() && model["merges"].json().is_array()) return;
  if (model.type() != "WordLevel" && model.type() != "BPE") throw model.error("BPE or WordLevel");
}

std::unique_ptr<const Pipeline> read_pipeline(const JsonPart& file, const Vocabulary& vocabulary) {
  if (file["model"].type() == "WordLevel") return read_word_level(file, vocabulary);
  if (is_byte_level(file["pre_tokenizer"])) return read_byte_level(file, vocabulary);
  return read_sentencepiece(file, vocabulary);
}

}  // namespace pagequest::model::tokenizer
