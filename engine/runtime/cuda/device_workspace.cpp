// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_workspace.h"

#include <algorithm>

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

/// Rows begin at multiples of 16 bytes whatever they hold.
constexpr std::int64_t row_stride(std::int64_t width) { return (width + 7) / 8 * 8; }

/// Hands out parts of a block of memory, or only counts them.
class Cursor {
 public:
  explicit Cursor(std::byte* base) : base_(base) {}

  template <class T = std::byte>
  T* take(std::int64_t count) {
    std::byte* place = base_ == nullptr ? nullptr : base_ + used_;
    used_ += aligned(count * static_cast<std::int64_t>(sizeof(T)));
    return reinterpret_cast<T*>(place);
  }
  DeviceRows take_rows(std::int64_t rows, std::int64_t width, std::int64_t element_bytes) {
    const std::int64_t stride = row_stride(width);
    return {take(rows * stride * element_bytes), stride};
  }
  [[nodiscard]] std::int64_t used() const { return used_; }

 private:
  std::byte* base_;
  std::int64_t used_ = 0;
};

void place_experts(const model::ModelConfig& model, std::int64_t rows, std::int64_t element,
                   Cursor& cursor, DeviceExpertRows& experts) {
  const std::int64_t slots = rows * model.moe.experts_per_token;
  experts.router = cursor.take_rows(rows, model.moe.experts, 4);
  experts.chosen = cursor.take<std::int32_t>(slots);
  experts.weights = cursor.take<float>(slots);
  experts.first = cursor.take<std::int32_t>(model.moe.experts + 1);
  experts.place = cursor.take<std::int32_t>(slots);
  experts.source = cursor.take<std::int32_t>(slots);
  experts.activated = cursor.take_rows(slots, model.moe.intermediate_size, element);
  experts.outputs = cursor.take_rows(slots, model.hidden_size, 4);
}

/// Of the widest products.
std::int64_t scratch_bytes(const model::ModelConfig& model, std::int64_t rows) {
  const std::int64_t attended = std::int64_t{model.query_heads} * model.head_dim;
  const std::int64_t inputs =
      std::max({std::int64_t{model.hidden_size}, attended, std::int64_t{model.intermediate_size},
                std::int64_t{model.moe.intermediate_size}});
  const std::int64_t outputs = std::max(
      {std::int64_t{model.hidden_size}, std::int64_t{model.vocabulary},
       attended + std::int64_t{2} * model.kv_heads * model.head_dim,
       std::int64_t{2} * model.intermediate_size, std::int64_t{2} * model.moe.intermediate_size});
  const std::int64_t expert_rows = rows * std::max(1, model.moe.experts_per_token);
  return gpu::linear_scratch_bytes(expert_rows, outputs, inputs);
}

}  // namespace

void DeviceRows::move(const RowMove& move, gpu::Element element, const gpu::Stream& stream) const {
  const std::int64_t bytes = stride * gpu::element_bytes(element);
  stream.on_device(data + move.to * bytes, data + move.from * bytes, bytes);
}

DeviceWorkspace::DeviceWorkspace(const model::ModelConfig& model, std::int64_t rows, bool f32,
                                 const gpu::Stream& stream)
    : vocabulary_(model.vocabulary),
      logits_stride_(row_stride(model.vocabulary)),
      memory_(bytes(model, rows, f32)) {
  place(model, rows, f32, memory_.data());
  stream.zero(memory_.data(), memory_.bytes());
}

std::int64_t DeviceWorkspace::bytes(const model::ModelConfig& model, std::int64_t rows, bool f32) {
  DeviceWorkspace measured;
  return measured.place(model, rows, f32, nullptr);
}

std::int64_t DeviceWorkspace::place(const model::ModelConfig& model, std::int64_t rows, bool f32,
                                    std::byte* base) {
  const std::int64_t element = f32 ? 4 : 2;
  const std::int64_t attended_width = std::int64_t{model.query_heads} * model.head_dim;
  const std::int64_t key_width = std::int64_t{model.kv_heads} * model.head_dim;
  Cursor cursor(base);
  residual = cursor.take_rows(rows, model.hidden_size, 4);
  normalised = cursor.take_rows(rows, model.hidden_size, element);
  remainder = cursor.take_rows(rows, model.hidden_size, 2);
  query_key_value = cursor.take_rows(rows, attended_width + 2 * key_width, 4);
  queries = cursor.take_rows(rows, attended_width, element);
  attended = cursor.take_rows(rows, attended_width, element);
  activated = cursor.take_rows(rows, model.intermediate_size, element);
  if (model.moe.experts > 0) place_experts(model, rows, element, cursor, experts);
  linear_scratch = cursor.take(scratch_bytes(model, rows));
  return cursor.used();
}

bool DeviceWorkspace::reserve(std::int64_t outputs, std::int64_t attention_scratch_bytes,
                              const gpu::Stream& stream) {
  bool moved = runtime::PQ_CUDA_NS::reserve(logits_, outputs * logits_stride_ * 4);
  moved |= runtime::PQ_CUDA_NS::reserve(tokens_, outputs * 4);
  moved |= runtime::PQ_CUDA_NS::reserve(sample_scratch_,
                                        gpu::sample_scratch_bytes(outputs, vocabulary_));
  if (runtime::PQ_CUDA_NS::reserve(attention_scratch_, attention_scratch_bytes)) {
    stream.zero(attention_scratch_.data(), attention_scratch_.bytes());
    moved = true;
  }
  return moved;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
