// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"

namespace pagequest::model {

/// A Llama-type model from a Hugging Face folder: config.json, model.safetensors, tokenizer.json.
/// Immutable, so engines may share it.
class Model {
 public:
  /// Throws input_error that names the file and what is wrong with it.
  static Model load(const std::filesystem::path& folder);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] const Tokenizer& tokenizer() const { return tokenizer_; }
  [[nodiscard]] const Weights& weights() const { return weights_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  /// 16 hexadecimal digits that name the weights, for trace headers.
  [[nodiscard]] std::string weights_hash() const;

 private:
  Model(ModelConfig config, Tokenizer tokenizer, Weights weights);

  ModelConfig config_;
  Tokenizer tokenizer_;
  Weights weights_;
};

}  // namespace pagequest::model
