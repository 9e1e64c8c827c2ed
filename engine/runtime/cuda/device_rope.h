// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/ops/cpu/rope_table.h"
#include "engine/runtime/cuda/gpu.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Cosines and sines of the rotary embedding in device memory: those of ops::RopeTable, so that
/// both devices rotate by the same numbers.
class DeviceRope {
 public:
  explicit DeviceRope(const model::ModelConfig& model);

  /// Makes rows [0, positions) readable; no pass may be under way. Returns whether the table moved.
  bool reserve(std::int64_t positions, const gpu::Stream& stream);

  [[nodiscard]] const float* cosines() const { return cosines_.as<float>(); }  // (position, half)
  [[nodiscard]] const float* sines() const { return sines_.as<float>(); }

 private:
  std::int64_t max_positions_;
  std::int64_t half_;  // head_dim / 2
  std::int64_t positions_ = 0;
  ops::RopeTable table_;
  gpu::DeviceBuffer cosines_;
  gpu::DeviceBuffer sines_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
