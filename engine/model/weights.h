// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/model/safetensors.h"
#include "engine/ops/cpu/packed_matrix.h"

namespace pagequest::model {

/// One decoder layer; projections that read the same input are one matrix.
struct LayerWeights {
  std::vector<float> attention_norm;  // (hidden_size)
  ops::PackedMatrix query_key_value;  // outputs: query heads, key heads, value heads
  ops::PackedMatrix attention_output;
  std::vector<float> feed_forward_norm;  // (hidden_size)
  ops::PackedMatrix gate_up;             // outputs: gate, then up
  ops::PackedMatrix down;
};

/// The weights in f32, packed for the kernels.
struct Weights {
  std::vector<float> embedding;  // (vocabulary, hidden_size)
  std::vector<LayerWeights> layers;
  std::vector<float> final_norm;  // (hidden_size)
  ops::PackedMatrix logits;       // hidden_size -> vocabulary
  std::uint64_t hash = 0;         // of names and stored bytes of all tensors
  std::vector<std::string> unused_tensors;
};

/// Throws input_error that names the tensor when one is missing, has another shape or dtype than
/// the config demands, or when the file has a tensor that a plain Llama does not (a bias, say).
/// Only tensors that change nothing are left unused: rotary_emb.inv_freq, and lm_head when tied.
[[nodiscard]] Weights load_weights(const Safetensors& file, const ModelConfig& config);

}  // namespace pagequest::model
