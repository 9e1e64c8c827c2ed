// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/views.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/cuda/pass_plan.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Rows that hold f32 or bf16, as each use of them says.
struct DeviceRows {
  std::byte* data = nullptr;
  std::int64_t stride = 0;  // elements

  [[nodiscard]] gpu::RowsView as(gpu::Element element) const { return {data, stride, element}; }
  [[nodiscard]] gpu::RowsView f32() const { return as(gpu::Element::f32); }
  [[nodiscard]] float* as_floats() const { return reinterpret_cast<float*>(data); }
  /// Copies a row to another one.
  void move(const RowMove& move, gpu::Element element, const gpu::Stream& stream) const;
};

/// Rows of a sparse layer, once for each expert that a token chose.
struct DeviceExpertRows {
  DeviceRows router;               // (row, experts), f32
  std::int32_t* chosen = nullptr;  // as in gpu::RouteArgs
  float* weights = nullptr;
  std::int32_t* first = nullptr;
  std::int32_t* place = nullptr;
  std::int32_t* source = nullptr;
  DeviceRows activated;  // (expert row, intermediate_size)
  DeviceRows outputs;    // (expert row, hidden_size), f32
};

/// Activations of a pass in device memory. What does not depend on a pass is allocated once, for
/// the largest pass, so that captured graphs stay valid. All zero at first: rows of padding are
/// computed from what they hold.
class DeviceWorkspace {
 public:
  /// `rows` of the largest pass; `f32`: whether some matrix multiplies f32 activations.
  DeviceWorkspace(const model::ModelConfig& model, std::int64_t rows, bool f32,
                  const gpu::Stream& stream);

  /// Memory that an object takes, without what reserve() adds.
  [[nodiscard]] static std::int64_t bytes(const model::ModelConfig& model, std::int64_t rows,
                                          bool f32);

  /// Makes room for rows of logits and for the scratch memory of the attention. No pass may be
  /// under way. Returns whether memory moved.
  bool reserve(std::int64_t outputs, std::int64_t attention_scratch_bytes,
               const gpu::Stream& stream);

  DeviceRows residual;         // (row, hidden_size), f32
  DeviceRows normalised;       // (row, hidden_size)
  DeviceRows remainder;        // (row, hidden_size), bf16: what rounding lost
  DeviceRows query_key_value;  // (row, query heads + 2 KV heads, head_dim), f32
  DeviceRows queries;          // (row, query heads, head_dim)
  DeviceRows attended;         // (row, query heads, head_dim)
  DeviceRows activated;        // (row, intermediate_size)
  DeviceExpertRows experts;
  std::byte* linear_scratch = nullptr;

  [[nodiscard]] DeviceRows logits() const { return {logits_.data(), logits_stride_}; }
  [[nodiscard]] std::int32_t* tokens() const { return tokens_.as<std::int32_t>(); }
  [[nodiscard]] std::byte* attention_scratch() const { return attention_scratch_.data(); }
  [[nodiscard]] std::byte* sample_scratch() const { return sample_scratch_.data(); }

 private:
  /// Places everything from `base` on, which may be null; returns the bytes.
  std::int64_t place(const model::ModelConfig& model, std::int64_t rows, bool f32, std::byte* base);
  DeviceWorkspace() = default;

  std::int32_t vocabulary_ = 0;
  std::int64_t logits_stride_ = 0;
  gpu::DeviceBuffer memory_;
  gpu::DeviceBuffer logits_;
  gpu::DeviceBuffer tokens_;
  gpu::DeviceBuffer attention_scratch_;
  gpu::DeviceBuffer sample_scratch_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
