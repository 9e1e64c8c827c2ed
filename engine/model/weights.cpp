// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/weights.h"

namespace pagequest::model {
namespace {

std::int64_t bytes_of(const FeedForwardWeights& weights) {
  return weights.gate_up.matrix.bytes() + weights.down.matrix.bytes();
}

std::int64_t bytes_of(const LayerWeights& layer) {
  std::int64_t bytes = layer.query_key_value.matrix.bytes() +
                       layer.attention_output.matrix.bytes() + layer.router.matrix.bytes() +
                       bytes_of(layer.dense);
  for (const FeedForwardWeights& expert : layer.experts) bytes += bytes_of(expert);
  return bytes;
}

}  // namespace

std::int64_t Weights::bytes() const {
  std::int64_t bytes = embedding.bytes() + output.bytes();
  for (const LayerWeights& layer : layers) bytes += bytes_of(layer);
  return bytes;
}

}  // namespace pagequest::model
