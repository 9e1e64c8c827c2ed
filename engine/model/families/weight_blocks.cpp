// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/families/weight_blocks.h"

#include "engine/model/tensor_reader.h"

namespace pagequest::model {
namespace {

FeedForwardWeights load_stacked_expert(TensorReader& reader, const std::string& prefix,
                                       const ModelConfig& config, std::int32_t expert) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.moe.intermediate_size;
  FeedForwardWeights weights;
  weights.gate_up.matrix =
      reader.stacked({prefix + "gate_up_proj", config.moe.experts, 2 * inner, hidden}, expert,
                     RowOrder::as_stored, InputAxis::behind_outputs);
  weights.down.matrix = reader.stacked({prefix + "down_proj", config.moe.experts, hidden, inner},
                                       expert, RowOrder::as_stored, InputAxis::behind_outputs);
  return weights;
}

}  // namespace

std::string layer_name(std::int32_t layer, const std::string& rest) {
  return "model.layers." + std::to_string(layer) + "." + rest;
}

LayerWeights load_attention_block(TensorReader& reader, const ModelConfig& config,
                                  std::int32_t layer) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t query = std::int64_t{config.query_heads} * config.head_dim;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_dim;
  const std::string attention = layer_name(layer, "self_attn.");
  LayerWeights weights;
  weights.attention_norm = reader.vector(layer_name(layer, "input_layernorm.weight"), hidden);
  weights.query_key_value = reader.linear(
      {{attention + "q_proj", query}, {attention + "k_proj", key}, {attention + "v_proj", key}},
      hidden, config.attention_bias);
  if (config.query_key_norm) {
    weights.query_norm = reader.vector(attention + "q_norm.weight", config.head_dim);
    weights.key_norm = reader.vector(attention + "k_norm.weight", config.head_dim);
  }
  weights.attention_output =
      reader.linear({{attention + "o_proj", hidden}}, query, config.attention_output_bias);
  weights.feed_forward_norm =
      reader.vector(layer_name(layer, "post_attention_layernorm.weight"), hidden);
  return weights;
}

FeedForwardWeights load_gated(TensorReader& reader, const std::string& prefix, std::int64_t hidden,
                              std::int64_t inner) {
  return {.gate_up = reader.linear({{prefix + "gate_proj", inner}, {prefix + "up_proj", inner}},
                                   hidden, /*bias=*/false),
          .down = reader.linear({{prefix + "down_proj", hidden}}, inner, /*bias=*/false)};
}

LayerWeights load_dense_layer(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  LayerWeights weights = load_attention_block(reader, config, layer);
  weights.dense =
      load_gated(reader, layer_name(layer, "mlp."), config.hidden_size, config.intermediate_size);
  return weights;
}

LinearWeights load_router(TensorReader& reader, const std::string& name, const ModelConfig& config,
                          bool bias) {
  return reader.linear({{name, config.moe.experts}}, config.hidden_size, bias,
                       Precision::as_stored);
}

std::vector<FeedForwardWeights> load_experts(TensorReader& reader, const std::string& prefix,
                                             const ModelConfig& config) {
  const bool stacked = reader.has(prefix + "gate_up_proj");
  std::vector<FeedForwardWeights> experts;
  for (std::int32_t expert = 0; expert < config.moe.experts; ++expert) {
    experts.push_back(stacked ? load_stacked_expert(reader, prefix, config, expert)
                              : load_gated(reader, prefix + std::to_string(expert) + ".",
                                           config.hidden_size, config.moe.intermediate_size));
  }
  return experts;
}

}  // namespace pagequest::model
