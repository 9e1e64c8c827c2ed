// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Llama 2 and 3 (arXiv 2307.09288, 2407.21783), and what shares their architecture.
#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"

namespace pagequest::model {

void read_llama(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config, {});
  config.attention_bias = config.attention_output_bias = reader.flag("attention_bias", false);
  reader.require_flag("mlp_bias", false);
  reader.require_absent("sliding_window");
}

LayerWeights load_llama(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  return load_dense_layer(reader, config, layer);
}

}  // namespace pagequest::model
