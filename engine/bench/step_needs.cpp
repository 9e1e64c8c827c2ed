// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/step_needs.h"

#include <algorithm>

namespace pagequest::bench {
namespace {

double elements(const ops::PackedMatrix& matrix) {
  return static_cast<double>(matrix.outputs()) * static_cast<double>(matrix.inputs());
}

/// Without the padding of the last panel.
double bytes(const ops::PackedMatrix& matrix) {
  if (matrix.outputs() == 0) return 0.0;
  return static_cast<double>(matrix.bytes()) * static_cast<double>(matrix.outputs()) /
         static_cast<double>(matrix.padded_outputs());
}

/// Of the matrices that one token meets.
template <class Measure>
double sum_of_layer(const model::ModelConfig& config, const model::LayerWeights& layer,
                    Measure measure) {
  const auto feed_forward = [&](const model::FeedForwardWeights& weights) {
    return measure(weights.gate_up.matrix) + measure(weights.down.matrix);
  };
  const double attention =
      measure(layer.query_key_value.matrix) + measure(layer.attention_output.matrix);
  if (layer.experts.empty()) return attention + feed_forward(layer.dense);
  return attention + measure(layer.router.matrix) +
         config.moe.experts_per_token * feed_forward(layer.experts.front());
}

double element_bytes(ops::KvType type, std::int32_t head_dim) {
  if (type == ops::KvType::f32) return sizeof(float);
  if (type == ops::KvType::bf16) return 2.0;
  return 1.0 + static_cast<double>(sizeof(float)) / head_dim;
}

}  // namespace

StepNeeds::StepNeeds(const model::Model& model, ops::KvType kv_type)
    : config_(model.config()), kv_element_bytes_(element_bytes(kv_type, config_.head_dim)) {
  const model::Weights& weights = model.weights();
  for (const model::LayerWeights& layer : weights.layers) {
    weight_bytes_ += sum_of_layer(config_, layer, bytes);
    layer_weights_ += sum_of_layer(config_, layer, elements);
  }
  weight_bytes_ += bytes(weights.logits());
}

double StepNeeds::attended_tokens(double context) const {
  double tokens = 0.0;
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    const std::int32_t window = config_.window(layer);
    tokens += window == 0 ? context : std::min<double>(context, window);
  }
  return tokens;
}

double StepNeeds::kv_bytes(double context) const {
  const double width = 2.0 * config_.kv_heads * config_.head_dim;
  return width * kv_element_bytes_ * attended_tokens(context);
}

double StepNeeds::decode_flops(double context) const {
  const double logits = static_cast<double>(config_.vocabulary) * config_.hidden_size;
  const double attention = 2.0 * config_.query_heads * config_.head_dim * attended_tokens(context);
  return 2.0 * (layer_weights_ + logits + attention);
}

double StepNeeds::prefill_flops(double tokens) const {
  double pairs = 0.0;  // of a query and a key, over the layers
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    const double window = config_.window(layer) == 0 ? tokens : config_.window(layer);
    const double ramp = std::min(tokens, window);
    pairs += ramp * (ramp + 1) / 2 + (tokens - ramp) * window;
  }
  const double logits = static_cast<double>(config_.vocabulary) * config_.hidden_size;
  const double attention = 2.0 * config_.query_heads * config_.head_dim * pairs;
  return 2.0 * (tokens * layer_weights_ + attention + logits);
}

}  // namespace pagequest::bench
