// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model.h"
#include "engine/ops/cpu/kv_layout.h"

namespace pagequest::bench {

/// What a model's arithmetic and memory traffic are at least, as functions of the context.
class StepNeeds {
 public:
  StepNeeds(const model::Model& model, ops::KvType kv_type);

  /// Bytes of the weights that one decoded token is multiplied with.
  [[nodiscard]] double weight_bytes() const { return weight_bytes_; }
  /// Bytes of keys and values that a token with `context` tokens before it and itself reads.
  [[nodiscard]] double kv_bytes(double context) const;
  /// Bytes that one decode step of a sequence reads.
  [[nodiscard]] double decode_bytes(double context) const {
    return weight_bytes_ + kv_bytes(context);
  }
  /// Operations of one decode step, a multiply-add being two.
  [[nodiscard]] double decode_flops(double context) const;
  /// Operations of a prompt whose last token gives logits.
  [[nodiscard]] double prefill_flops(double tokens) const;

 private:
  [[nodiscard]] double attended_tokens(double context) const;  // summed over the layers

  const model::ModelConfig& config_;
  double kv_element_bytes_;  // of one component of a key or a value, its scale included
  double weight_bytes_ = 0.0;
  double layer_weights_ = 0.0;  // of all layers, elements
  double last_weights_ = 0.0;   // of them those behind the last attention, which only the last
                                // token of a prompt meets
};

}  // namespace pagequest::bench
