// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/weights.h"

#include <algorithm>
#include <map>

namespace pagequest::model {
namespace {

using BytesByType = std::map<ops::WeightType, std::int64_t>;

void add(const ops::PackedMatrix& matrix, BytesByType& bytes) {
  if (matrix.outputs() > 0) bytes[matrix.type()] += matrix.bytes();
}

void add(const FeedForwardWeights& weights, BytesByType& bytes) {
  add(weights.gate_up.matrix, bytes);
  add(weights.down.matrix, bytes);
}

void add(const LayerWeights& layer, BytesByType& bytes) {
  add(layer.query_key_value.matrix, bytes);
  add(layer.attention_output.matrix, bytes);
  add(layer.router.matrix, bytes);
  add(layer.dense, bytes);
  for (const FeedForwardWeights& expert : layer.experts) add(expert, bytes);
}

BytesByType bytes_by_type(const Weights& weights) {
  BytesByType bytes;
  add(weights.embedding, bytes);
  add(weights.output, bytes);
  for (const LayerWeights& layer : weights.layers) add(layer, bytes);
  return bytes;
}

}  // namespace

std::int64_t Weights::bytes() const {
  std::int64_t sum = 0;
  for (const auto& [type, bytes] : bytes_by_type(*this)) sum += bytes;
  return sum;
}

std::vector<ops::WeightType> Weights::types() const {
  const BytesByType bytes = bytes_by_type(*this);
  std::vector<ops::WeightType> types;
  for (const auto& [type, size] : bytes) types.push_back(type);
  std::ranges::stable_sort(
      types, [&](ops::WeightType a, ops::WeightType b) { return bytes.at(a) > bytes.at(b); });
  return types;
}

}  // namespace pagequest::model
