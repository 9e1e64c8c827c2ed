// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/read_tokenizer.h"

#include <nlohmann/json.hpp>

#include "engine/model/tokenizer/read_pipeline.h"
#include "engine/model/tokenizer/read_post_processor.h"
#include "engine/model/tokenizer/read_vocabulary.h"

namespace pagequest::model::tokenizer {
namespace {

void add_finders(const std::vector<AddedToken>& added, Parts& parts) {
  for (const AddedToken& token : added) {
    if (!token.normalized) {
      parts.raw_added.add(token.content, token);
    } else if (const std::string pattern = parts.pipeline->normalize(token.content);
               !pattern.empty()) {
      parts.normalized_added.add(pattern, token);
      // The reference library decodes such a token as it stood in the normalized text.
      parts.vocabulary.set_decoded(token.id, pattern);
    }
  }
}

}  // namespace

std::shared_ptr<const Parts> read_tokenizer(const nlohmann::json& json,
                                            const std::filesystem::path& path,
                                            std::int32_t vocabulary) {
  const JsonPart file(path, json);
  const auto parts = std::make_shared<Parts>();
  require_known_model(file["model"]);
  read_vocabulary(file["model"]["vocab"], vocabulary, parts->vocabulary);
  const auto added = read_added_tokens(file["added_tokens"], vocabulary, parts->vocabulary);
  parts->pipeline = read_pipeline(file, parts->vocabulary);
  add_finders(added, *parts);
  parts->around = read_post_processor(file["post_processor"], parts->vocabulary);
  return parts;
}

}  // namespace pagequest::model::tokenizer
