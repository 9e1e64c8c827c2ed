// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Qwen3, dense (arXiv 2505.09388): queries and keys are normalised per head.
#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"

namespace pagequest::model {

void read_qwen3(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config, {.head_dim = 128, .kv_heads = 32});
  config.attention_bias = config.attention_output_bias = reader.flag("attention_bias", false);
  reader.require_flag("mlp_bias", false);
  config.query_key_norm = true;
  read_qwen_windows(reader, config);
}

LayerWeights load_qwen3(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  return load_dense_layer(reader, config, layer);
}

}  // namespace pagequest::model
