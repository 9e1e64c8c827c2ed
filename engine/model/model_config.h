// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pagequest::model {

/// The shape of a Llama-type decoder, as config.json of a Hugging Face folder gives it.
struct ModelConfig {
  std::string name;  // "_name_or_path", or the folder's name
  std::int32_t hidden_size = 0;
  std::int32_t layers = 0;
  std::int32_t query_heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t intermediate_size = 0;
  std::int32_t vocabulary = 0;     // tokens
  std::int32_t max_positions = 0;  // longest context
  float rms_norm_epsilon = 0.0F;
  double rope_theta = 0.0;
  bool tied_embeddings = false;
  std::int32_t bos_token = -1;  // -1: none
  std::vector<std::int32_t> eos_tokens;
};

/// Reads `folder`/config.json. Throws input_error that names the field when the file is missing or
/// malformed, the architecture is not a plain Llama, or a field asks for a computation that the
/// engine does not do (rope_scaling, biases, other activations, quantised weights).
[[nodiscard]] ModelConfig load_config(const std::filesystem::path& folder);

}  // namespace pagequest::model
