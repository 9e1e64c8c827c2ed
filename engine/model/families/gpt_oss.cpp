// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// gpt-oss (OpenAI, "gpt-oss-120b & gpt-oss-20b Model Card", arXiv 2508.10925): attention sinks,
// alternating windows, biases everywhere, sparse layers with a clamped SwiGLU.
#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"
#include "engine/model/families/family.h"
#include "engine/model/families/weight_blocks.h"
#include "engine/model/tensor_reader.h"

namespace pagequest::model {
namespace {

/// Without `layer_types`, the first layer and every second one after it have the window.
void read_windows(const ConfigReader& reader, ModelConfig& config) {
  const std::int32_t window = sliding_window(reader, 128);
  if (reader.has("layer_types")) return read_layer_types(reader, config, window);
  if (window == 0) return;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    config.windows.push_back(layer % 2 == 0 ? window : 0);
  }
}

/// The experts' gate and up rows take turns in the checkpoint: gate at even, up at odd rows.
FeedForwardWeights load_expert(TensorReader& reader, const std::string& prefix,
                               const ModelConfig& config, std::int32_t expert) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.moe.intermediate_size;
  const std::string gate_up = prefix + "gate_up_proj";
  const std::string down = prefix + "down_proj";
  const std::int64_t experts = config.moe.experts;
  FeedForwardWeights weights;
  weights.gate_up.matrix = reader.stacked({gate_up, experts, 2 * inner, hidden}, expert,
                                          RowOrder::even_then_odd, InputAxis::before_outputs);
  weights.gate_up.bias =
      reader.stacked_vector(gate_up + "_bias", experts, 2 * inner, expert, RowOrder::even_then_odd);
  weights.down.matrix = reader.stacked({down, experts, hidden, inner}, expert, RowOrder::as_stored,
                                       InputAxis::before_outputs);
  weights.down.bias =
      reader.stacked_vector(down + "_bias", experts, hidden, expert, RowOrder::as_stored);
  return weights;
}

}  // namespace

void read_gpt_oss(const ConfigReader& reader, ModelConfig& config) {
  read_decoder(reader, config,
               {.head_dim = 64, .kv_heads = 8, .rms_norm_epsilon = 1e-5, .rope_theta = 150000.0});
  if (config.rope.type != RopeType::yarn) {
    throw reader.error("rope_parameters", "rotary embeddings of type yarn");
  }
  reader.require_number("swiglu_alpha", 1.702);
  reader.require_number("swiglu_limit", 7.0);
  config.activation = Activation::clamped_swiglu;
  config.attention_bias = config.attention_output_bias = reader.flag("attention_bias", true);
  config.attention_sinks = true;
  read_experts(reader, config);
  reader.require_number("experts_per_token", config.moe.experts_per_token);
  config.moe.intermediate_size = config.intermediate_size;
  config.sparse_layers.assign(static_cast<std::size_t>(config.layers), true);
  read_windows(reader, config);
}

LayerWeights load_gpt_oss(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  LayerWeights weights = load_attention_block(reader, config, layer);
  weights.sinks = reader.vector(layer_name(layer, "self_attn.sinks"), config.query_heads);
  weights.router = load_router(reader, layer_name(layer, "mlp.router"), config, /*bias=*/true);
  for (std::int32_t expert = 0; expert < config.moe.experts; ++expert) {
    weights.experts.push_back(
        load_expert(reader, layer_name(layer, "mlp.experts."), config, expert));
  }
  return weights;
}

}  // namespace pagequest::model
