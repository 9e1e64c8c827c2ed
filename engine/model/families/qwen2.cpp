// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Qwen2 and Qwen2.5 (arXiv 2407.10671, 2412.15115): biases on queries, keys and values.
#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"

namespace pagequest::model {

void read_qwen2(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config, {.kv_heads = 32});
  reader.require_flag("attention_bias", true);
  reader.require_flag("mlp_bias", false);
  config.attention_bias = true;
  read_qwen_windows(reader, config);
}

LayerWeights load_qwen2(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  return load_dense_layer(reader, config, layer);
}

}  // namespace pagequest::model
