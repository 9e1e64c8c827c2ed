// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/ops/cpu/packed_matrix.h"

namespace pagequest::model {

/// outputs = matrix * inputs + bias.
struct LinearWeights {
  ops::PackedMatrix matrix;
  std::vector<float> bias;  // (outputs), empty: none
};

/// A gated feed-forward network: a dense layer's, or one expert.
struct FeedForwardWeights {
  LinearWeights gate_up;  // outputs: gate, then up
  LinearWeights down;
};

/// One decoder layer; projections that read the same input are one matrix.
struct LayerWeights {
  std::vector<float> attention_norm;  // (hidden_size)
  LinearWeights query_key_value;      // outputs: query heads, key heads, value heads
  std::vector<float> query_norm;      // (head_dim); empty without query_key_norm
  std::vector<float> key_norm;        // (head_dim)
  std::vector<float> sinks;           // (query head); empty without attention_sinks
  LinearWeights attention_output;
  std::vector<float> feed_forward_norm;  // (hidden_size)
  FeedForwardWeights dense;              // of a layer that is not sparse
  LinearWeights router;                  // of a sparse layer; outputs: experts
  std::vector<FeedForwardWeights> experts;
};

/// The weights, packed for the kernels.
struct Weights {
  ops::PackedMatrix embedding;  // outputs: vocabulary
  ops::PackedMatrix output;     // hidden_size -> vocabulary; empty with tied embeddings
  std::vector<LayerWeights> layers;
  std::vector<float> final_norm;  // (hidden_size)
  std::uint64_t hash = 0;         // of names and stored bytes of all tensors
  std::vector<std::string> unused_tensors;

  [[nodiscard]] const ops::PackedMatrix& logits() const {
    return output.outputs() > 0 ? output : embedding;
  }
  /// Memory of all matrices.
  [[nodiscard]] std::int64_t bytes() const;
  /// Of all matrices, each once, those with the most bytes first.
  [[nodiscard]] std::vector<ops::WeightType> types() const;
};

}  // namespace pagequest::model
