// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_pipeline.h"

#include "engine/model/tokenizer/word_level.h"

namespace pagequest::model::tokenizer {
namespace {

void require_type(const JsonPart& part, const std::string& expected, const std::string& hint) {
  if (part.type() != expected) throw part.error(expected, hint);
}

std::unique_ptr<const Pipeline> read_word_level(const JsonPart& file,
                                                const Vocabulary& vocabulary) {
  const std::string hint = "the model is WordLevel";
  require_type(file["normalizer"], "null", hint);
  require_type(file["pre_tokenizer"], "WhitespaceSplit", hint);
  require_type(file["post_processor"], "null", hint);
  require_type(file["decoder"], "null", hint);
  const JsonPart model = file["model"];
  model.allow_only({"type", "vocab", "unk_token"});
  const auto unknown = model["unk_token"].optional_text();
  const auto id = unknown ? vocabulary.find(*unknown) : std::nullopt;
  return std::make_unique<WordLevel>(vocabulary, id.value_or(-1));
}

}  // namespace

void require_known_model(const JsonPart& model) { require_type(model, "WordLevel", {}); }

std::unique_ptr<const Pipeline> read_pipeline(const JsonPart& file, const Vocabulary& vocabulary) {
  return read_word_level(file, vocabulary);
}

}  // namespace pagequest::model::tokenizer
