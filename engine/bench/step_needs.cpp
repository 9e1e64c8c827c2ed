// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/step_needs.h"

#include <algorithm>

#include "engine/runtime/operation_costs.h"

namespace pagequest::bench {
namespace {

double elements(const ops::PackedMatrix& matrix) {
  return static_cast<double>(matrix.outputs()) * static_cast<double>(matrix.inputs());
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

}  // namespace

StepNeeds::StepNeeds(const model::Model& model, ops::KvType kv_type)
    : config_(model.config()),
      kv_element_bytes_(runtime::kv_element_bytes(kv_type, config_.head_dim)) {
  const model::Weights& weights = model.weights();
  for (const model::LayerWeights& layer : weights.layers) {
    weight_bytes_ += sum_of_layer(config_, layer, runtime::weight_bytes);
    layer_weights_ += sum_of_layer(config_, layer, elements);
  }
  weight_bytes_ += runtime::weight_bytes(weights.logits());
  const model::LayerWeights& last = weights.layers.back();
  last_weights_ = sum_of_layer(config_, last, elements) - elements(last.query_key_value.matrix);
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
  const double matrices = tokens * layer_weights_ - (tokens - 1) * last_weights_;
  return 2.0 * (matrices + attention + logits);
}

}  // namespace pagequest::bench
