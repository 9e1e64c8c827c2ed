// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_word_level.h"

#include "engine/model/tokenizer/word_level.h"

namespace pagequest::model::tokenizer {
namespace {

void require_type(const JsonPart& part, const std::string& expected) {
  if (part.type() != expected) throw part.error(expected, "the model is WordLevel");
}

}  // namespace

std::unique_ptr<const Pipeline> read_word_level(const JsonPart& file,
                                                const Vocabulary& vocabulary) {
  require_type(file["normalizer"], "null");
  require_type(file["pre_tokenizer"], "WhitespaceSplit");
  require_type(file["post_processor"], "null");
  require_type(file["decoder"], "null");
  const JsonPart model = file["model"];
  model.allow_only({"type", "vocab", "unk_token"});
  const auto unknown = model["unk_token"].optional_text();
  const auto id = unknown ? vocabulary.find(*unknown) : std::nullopt;
  return std::make_unique<WordLevel>(vocabulary, id.value_or(-1));
}

}  // namespace pagequest::model::tokenizer
