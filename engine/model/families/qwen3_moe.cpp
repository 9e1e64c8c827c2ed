// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Qwen3-MoE (arXiv 2505.09388): Qwen3 with a sparse feed-forward part.
#include <algorithm>
#include <vector>

#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"

namespace pagequest::model {
namespace {

/// Every `decoder_sparse_step`-th layer that `mlp_only_layers` does not name.
void read_sparse_layers(const ConfigReader& reader, ModelConfig& config) {
  const std::int32_t step =
      reader.has("decoder_sparse_step") ? reader.integer("decoder_sparse_step", 1, 1000) : 1;
  std::vector<std::int32_t> dense;
  if (reader.has("mlp_only_layers")) dense = reader.integers("mlp_only_layers", 0, 1000);
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    const bool named = std::find(dense.begin(), dense.end(), layer) != dense.end();
    config.sparse_layers.push_back(!named && (layer + 1) % step == 0);
  }
}

}  // namespace

void read_qwen3_moe(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config, {.kv_heads = 4});
  config.attention_bias = config.attention_output_bias = reader.flag("attention_bias", false);
  reader.require_flag("mlp_bias", false);
  config.query_key_norm = true;
  read_experts(reader, config);
  config.moe.intermediate_size = reader.size("moe_intermediate_size");
  config.moe.normalise_weights = reader.flag("norm_topk_prob", false);
  read_sparse_layers(reader, config);
  // Unlike in the dense Qwen3, a window holds for all layers.
  set_uniform_window(config, switched_sliding_window(reader));
  reader.skip("max_window_layers");
  if (reader.has("layer_types")) read_layer_types(reader, config, config.window(0));
}

LayerWeights load_qwen3_moe(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  LayerWeights weights = load_attention_block(reader, config, layer);
  if (!config.is_sparse(layer)) {
    weights.dense =
        load_gated(reader, layer_name(layer, "mlp."), config.hidden_size, config.intermediate_size);
    return weights;
  }
  weights.router = load_router(reader, layer_name(layer, "mlp.gate"), config, /*bias=*/false);
  weights.experts = load_experts(reader, layer_name(layer, "mlp.experts."), config);
  return weights;
}

}  // namespace pagequest::model
