// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model.h"

#include <utility>

#include "base/check.h"

namespace pagequest::model {

Model::Model(ModelConfig config, std::optional<Tokenizer> tokenizer, Weights weights)
    : config_(std::move(config)), tokenizer_(std::move(tokenizer)), weights_(std::move(weights)) {}

Model Model::load(const std::filesystem::path& folder, const LoadOptions& options) {
  ModelConfig config = load_config(folder);
  Tokenizer tokenizer = Tokenizer::load(folder, config.vocabulary);
  Weights weights = load_weights(Checkpoint(folder), config, options);
  return {std::move(config), std::move(tokenizer), std::move(weights)};
}

const Tokenizer& Model::tokenizer() const {
  PQ_CHECK(tokenizer_.has_value(), "a model without a tokenizer reads token ids only");
  return *tokenizer_;
}

std::string Model::weights_hash() const {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(weights_.hash >> shift) & 0xFU];
  return text;
}

}  // namespace pagequest::model
