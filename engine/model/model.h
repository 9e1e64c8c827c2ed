// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/model/load_weights.h"
#include "engine/model/model_config.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"

namespace pagequest::model {

/// A decoder of one of the families in engine/model/families. Immutable, so engines may share it.
class Model {
 public:
  /// From a folder as Hugging Face lays it out: config.json, tokenizer.json, and model.safetensors
  /// or the shards of model.safetensors.index.json. Throws input_error that names the file and what
  /// is wrong with it.
  static Model load(const std::filesystem::path& folder, const LoadOptions& options = {});

  /// For weights that come from elsewhere; without a tokenizer only token ids can be used.
  Model(ModelConfig config, std::optional<Tokenizer> tokenizer, Weights weights);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] bool has_tokenizer() const { return tokenizer_.has_value(); }
  /// The model must have one.
  [[nodiscard]] const Tokenizer& tokenizer() const;
  [[nodiscard]] const Weights& weights() const { return weights_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  /// 16 hexadecimal digits that name the weights, for trace headers.
  [[nodiscard]] std::string weights_hash() const;

 private:
  ModelConfig config_;
  std::optional<Tokenizer> tokenizer_;
  Weights weights_;
};

}  // namespace pagequest::model
