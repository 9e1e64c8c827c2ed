// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Mistral 7B (arXiv 2310.06825): Llama with a sliding window in every layer.
#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"

namespace pagequest::model {

void read_mistral(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config, {.kv_heads = 8});
  reader.require_flag("attention_bias", false);
  reader.require_flag("mlp_bias", false);
  set_uniform_window(config, sliding_window(reader, 4096));
  reader.require_absent("layer_types");
}

LayerWeights load_mistral(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  return load_dense_layer(reader, config, layer);
}

}  // namespace pagequest::model
