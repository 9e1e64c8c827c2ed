// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/model.h"
#include "engine/model/weights.h"
#include "engine/ops/cuda/device_matrix.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/runtime/cuda/gpu.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// How the activations that a matrix multiplies are stored.
[[nodiscard]] constexpr gpu::Element element_for(gpu::MatrixType type) {
  return type == gpu::MatrixType::f32 ? gpu::Element::f32 : gpu::Element::bf16;
}

struct DeviceLinear {
  gpu::MatrixView matrix;
  const float* bias = nullptr;  // (output); null: none

  [[nodiscard]] gpu::Element element() const { return element_for(matrix.type); }
};

struct DeviceLayer {
  const float* attention_norm = nullptr;
  DeviceLinear query_key_value;
  const float* query_norm = nullptr;  // null: none
  const float* key_norm = nullptr;
  const float* sinks = nullptr;
  DeviceLinear attention_output;
  const float* feed_forward_norm = nullptr;
  DeviceLinear gate_up;  // of a dense layer
  DeviceLinear down;
  DeviceLinear router;  // of a sparse one
  gpu::ExpertMatrices expert_gate_up{};
  gpu::ExpertMatrices expert_down{};
};

/// A model's weights in a GPU's memory, in the types that model::Weights has them in. Activations
/// are f32 before an f32 matrix and bf16 before any other. A gated product hands its activations
/// straight to the next matrix, so where one feed-forward part mixes f32 with other types, or its
/// experts are of several types, all of its matrices become f32, which is exact.
class DeviceWeights {
 public:
  DeviceWeights(const model::Weights& weights, const gpu::Stream& stream);

  [[nodiscard]] const std::vector<DeviceLayer>& layers() const { return layers_; }
  [[nodiscard]] const gpu::MatrixView& embedding() const { return embedding_; }
  [[nodiscard]] const gpu::MatrixView& logits() const { return logits_; }
  [[nodiscard]] const float* final_norm() const { return final_norm_; }
  /// Whether some matrix is f32.
  [[nodiscard]] bool has_f32() const { return has_f32_; }

  /// Memory that they take.
  [[nodiscard]] static std::int64_t bytes(const model::Weights& weights);

 private:
  const gpu::DeviceMatrix& add(std::span<const ops::PackedMatrix* const> matrices, bool as_f32);
  DeviceLinear add(const model::LinearWeights& linear, bool as_f32 = false);
  /// Null for an empty list.
  const float* add(const std::vector<float>& values);
  DeviceLayer add(const model::LayerWeights& layer);
  void add_feed_forward(const model::LayerWeights& from, DeviceLayer& layer);
  void add_experts(const model::LayerWeights& from, DeviceLayer& layer);
  gpu::ExpertMatrices add_experts(std::span<const model::LinearWeights* const> experts,
                                  bool as_f32);

  const gpu::Stream& stream_;
  gpu::Uploader uploader_;

  std::deque<gpu::DeviceMatrix> matrices_;  // where they are put they stay
  std::vector<gpu::DeviceBuffer> vectors_;
  std::vector<DeviceLayer> layers_;
  gpu::MatrixView embedding_;
  gpu::MatrixView logits_;
  const float* final_norm_ = nullptr;
  bool has_f32_ = false;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
