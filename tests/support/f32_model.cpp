// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/f32_model.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace pagequest::test {
namespace {

ops::PackedMatrix in_f32(const ops::PackedMatrix& matrix) {
  if (matrix.outputs() == 0) return {};
  ops::PackedMatrix wide(ops::WeightType::f32, matrix.outputs(), matrix.inputs());
  std::vector<float> row(static_cast<std::size_t>(matrix.inputs()));
  for (std::int64_t output = 0; output < matrix.outputs(); ++output) {
    matrix.get_output(output, row.data());
    wide.set_outputs(output, row.data(), 1);
  }
  return wide;
}

model::LinearWeights in_f32(const model::LinearWeights& linear) {
  return {.matrix = in_f32(linear.matrix), .bias = linear.bias};
}

model::FeedForwardWeights in_f32(const model::FeedForwardWeights& part) {
  return {.gate_up = in_f32(part.gate_up), .down = in_f32(part.down)};
}

model::LayerWeights in_f32(const model::LayerWeights& layer) {
  model::LayerWeights wide;
  wide.attention_norm = layer.attention_norm;
  wide.query_key_value = in_f32(layer.query_key_value);
  wide.query_norm = layer.query_norm;
  wide.key_norm = layer.key_norm;
  wide.sinks = layer.sinks;
  wide.attention_output = in_f32(layer.attention_output);
  wide.feed_forward_norm = layer.feed_forward_norm;
  wide.dense = in_f32(layer.dense);
  wide.router = in_f32(layer.router);
  for (const auto& expert : layer.experts) wide.experts.push_back(in_f32(expert));
  return wide;
}

}  // namespace

model::Model load_in_f32(const std::filesystem::path& folder,
                         const std::function<void(model::Weights&)>& change) {
  const model::Model stored = model::Model::load(folder);
  model::Weights wide;
  wide.embedding = in_f32(stored.weights().embedding);
  wide.output = in_f32(stored.weights().output);
  for (const auto& layer : stored.weights().layers) wide.layers.push_back(in_f32(layer));
  wide.final_norm = stored.weights().final_norm;
  wide.hash = stored.weights().hash;
  if (change) change(wide);
  std::optional<model::Tokenizer> tokenizer;
  if (stored.has_tokenizer()) tokenizer = stored.tokenizer();
  return {stored.config(), std::move(tokenizer), std::move(wide)};
}

}  // namespace pagequest::test
