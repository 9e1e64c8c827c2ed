// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_weights.h"

#include <algorithm>
#include <cstddef>

#include "engine/runtime/cuda/upload.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

using Matrices = std::span<const ops::PackedMatrix* const>;

/// Rows of several matrices of one shape, widened to f32.
gpu::FillRows widened(Matrices matrices) {
  return [all = std::vector<const ops::PackedMatrix*>(matrices.begin(), matrices.end())](
             std::int64_t first, std::int64_t count, std::byte* data, std::byte* /*scales*/) {
    const std::int64_t outputs = all.front()->outputs();
    const std::int64_t row_bytes = gpu::row_bytes_of(gpu::MatrixType::f32, all.front()->inputs());
    for (std::int64_t i = first; i < first + count; ++i, data += row_bytes) {
      all[static_cast<std::size_t>(i / outputs)]->get_output(i % outputs,
                                                             reinterpret_cast<float*>(data));
    }
  };
}

/// Whether the matrices that hand activations to each other must all be f32.
bool needs_f32(Matrices matrices) {
  const bool some = std::ranges::any_of(
      matrices, [](const auto* m) { return m->type() == ops::WeightType::f32; });
  const bool equal = std::ranges::all_of(
      matrices, [&](const auto* m) { return m->type() == matrices.front()->type(); });
  return some || !equal;
}

std::vector<const ops::PackedMatrix*> feed_forward_of(const model::LayerWeights& layer) {
  if (layer.experts.empty()) return {&layer.dense.gate_up.matrix, &layer.dense.down.matrix};
  std::vector<const ops::PackedMatrix*> all;
  for (const auto& expert : layer.experts) all.push_back(&expert.gate_up.matrix);
  for (const auto& expert : layer.experts) all.push_back(&expert.down.matrix);
  return all;
}

/// Alignment of what a buffer holds counts as little.
std::int64_t bytes_of(const ops::PackedMatrix& matrix, bool as_f32 = false) {
  const gpu::MatrixType type = as_f32 ? gpu::MatrixType::f32 : gpu::type_of(matrix.type());
  return matrix.outputs() *
         (gpu::row_bytes_of(type, matrix.inputs()) + gpu::scale_bytes_of(type, matrix.inputs()));
}

std::int64_t bytes_of(const model::LayerWeights& layer) {
  const auto feed_forward = feed_forward_of(layer);
  const bool as_f32 = needs_f32(feed_forward);
  std::int64_t bytes = bytes_of(layer.query_key_value.matrix) +
                       bytes_of(layer.attention_output.matrix) + bytes_of(layer.router.matrix);
  for (const ops::PackedMatrix* matrix : feed_forward) bytes += bytes_of(*matrix, as_f32);
  return bytes;
}

}  // namespace

DeviceWeights::DeviceWeights(const model::Weights& weights, const gpu::Stream& stream)
    : stream_(stream), uploader_(stream) {
  const ops::PackedMatrix* embedding = &weights.embedding;
  embedding_ = add({&embedding, 1}, false).view();
  logits_ = embedding_;
  if (weights.output.outputs() > 0) {
    const ops::PackedMatrix* output = &weights.output;
    logits_ = add({&output, 1}, false).view();
  }
  for (const model::LayerWeights& layer : weights.layers) layers_.push_back(add(layer));
  final_norm_ = add(weights.final_norm);
}

const gpu::DeviceMatrix& DeviceWeights::add(Matrices matrices, bool as_f32) {
  const ops::PackedMatrix& shape = *matrices.front();
  const auto count = static_cast<std::int64_t>(matrices.size());
  if (as_f32 && shape.type() != ops::WeightType::f32) {
    matrices_.emplace_back(gpu::MatrixType::f32, count * shape.outputs(), shape.inputs(),
                           widened(matrices), uploader_, count);
  } else {
    matrices_.emplace_back(matrices, uploader_);
  }
  has_f32_ = has_f32_ || matrices_.back().view().type == gpu::MatrixType::f32;
  return matrices_.back();
}

DeviceLinear DeviceWeights::add(const model::LinearWeights& linear, bool as_f32) {
  const ops::PackedMatrix* matrix = &linear.matrix;
  return {.matrix = add({&matrix, 1}, as_f32).view(), .bias = add(linear.bias)};
}

const float* DeviceWeights::add(const std::vector<float>& values) {
  if (values.empty()) return nullptr;
  vectors_.push_back(upload(std::span(values), stream_));
  return vectors_.back().as<float>();
}

DeviceLayer DeviceWeights::add(const model::LayerWeights& from) {
  DeviceLayer layer;
  layer.attention_norm = add(from.attention_norm);
  layer.query_key_value = add(from.query_key_value);
  layer.query_norm = add(from.query_norm);
  layer.key_norm = add(from.key_norm);
  layer.sinks = add(from.sinks);
  layer.attention_output = add(from.attention_output);
  layer.feed_forward_norm = add(from.feed_forward_norm);
  if (from.experts.empty()) {
    add_feed_forward(from, layer);
  } else {
    add_experts(from, layer);
  }
  return layer;
}

void DeviceWeights::add_feed_forward(const model::LayerWeights& from, DeviceLayer& layer) {
  const bool as_f32 = needs_f32(feed_forward_of(from));
  layer.gate_up = add(from.dense.gate_up, as_f32);
  layer.down = add(from.dense.down, as_f32);
}

void DeviceWeights::add_experts(const model::LayerWeights& from, DeviceLayer& layer) {
  const bool as_f32 = needs_f32(feed_forward_of(from));
  layer.router = add(from.router);
  std::vector<const model::LinearWeights*> gate_up;
  std::vector<const model::LinearWeights*> down;
  for (const model::FeedForwardWeights& expert : from.experts) {
    gate_up.push_back(&expert.gate_up);
    down.push_back(&expert.down);
  }
  layer.expert_gate_up = add_experts(gate_up, as_f32);
  layer.expert_down = add_experts(down, as_f32);
}

gpu::ExpertMatrices DeviceWeights::add_experts(std::span<const model::LinearWeights* const> experts,
                                               bool as_f32) {
  std::vector<const ops::PackedMatrix*> matrices;
  std::vector<float> biases;
  for (const model::LinearWeights* expert : experts) {
    matrices.push_back(&expert->matrix);
    biases.insert(biases.end(), expert->bias.begin(), expert->bias.end());
  }
  const gpu::DeviceMatrix& matrix = add(matrices, as_f32);
  return matrix.experts(add(biases));
}

std::int64_t DeviceWeights::bytes(const model::Weights& weights) {
  std::int64_t bytes = bytes_of(weights.embedding) + bytes_of(weights.output);
  for (const model::LayerWeights& layer : weights.layers) bytes += bytes_of(layer);
  return bytes;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
