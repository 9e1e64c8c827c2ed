// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/model/weights.h"

/// Parts of a decoder layer that several families share, under Hugging Face's tensor names.
namespace pagequest::model {

class TensorReader;

/// "model.layers.3.mlp." from 3 and "mlp.".
[[nodiscard]] std::string layer_name(std::int32_t layer, const std::string& rest);

/// Both norms and the attention, as the flags of the config say.
[[nodiscard]] LayerWeights load_attention_block(TensorReader& reader, const ModelConfig& config,
                                                std::int32_t layer);

/// `prefix`gate_proj, up_proj and down_proj.
[[nodiscard]] FeedForwardWeights load_gated(TensorReader& reader, const std::string& prefix,
                                            std::int64_t hidden, std::int64_t inner);

/// An attention block and a dense feed-forward part.
[[nodiscard]] LayerWeights load_dense_layer(TensorReader& reader, const ModelConfig& config,
                                            std::int32_t layer);

/// Kept in its stored precision: a rounded router would send tokens to other experts.
[[nodiscard]] LinearWeights load_router(TensorReader& reader, const std::string& name,
                                        const ModelConfig& config, bool bias);

/// `prefix`0.gate_proj and so on, or all experts stacked in `prefix`gate_up_proj and down_proj.
[[nodiscard]] std::vector<FeedForwardWeights> load_experts(TensorReader& reader,
                                                           const std::string& prefix,
                                                           const ModelConfig& config);

}  // namespace pagequest::model
