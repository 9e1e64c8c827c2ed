// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/model/tokenizer/added_tokens.h"
#include "engine/model/tokenizer/pipeline.h"
#include "engine/model/tokenizer/vocabulary.h"

namespace pagequest::model::tokenizer {

/// What the post-processor's template puts around a single text.
struct Template {
  Ids prefix;
  Ids suffix;
};

/// A tokenizer as read. Not movable: the pipeline refers to the vocabulary.
struct Parts {
  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Vocabulary vocabulary;  // the added tokens included
  AddedTokenFinder raw_added;
  AddedTokenFinder normalized_added;
  Template around;
  std::unique_ptr<const Pipeline> pipeline;
};

}  // namespace pagequest::model::tokenizer
