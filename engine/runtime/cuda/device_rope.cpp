// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_rope.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "engine/model/rope.h"
#include "engine/runtime/cuda/upload.h"

namespace pagequest::runtime::PQ_CUDA_NS {

DeviceRope::DeviceRope(const model::ModelConfig& model)
    : max_positions_(model.max_positions),
      half_(model.head_dim / 2),
      table_(model::rope_frequencies(model.rope, model.head_dim),
             static_cast<float>(model.rope.attention_factor)) {}

bool DeviceRope::reserve(std::int64_t positions, const gpu::Stream& stream) {
  constexpr std::int64_t kFirst = 4096;
  if (positions <= positions_) return false;
  positions_ = std::max(positions, std::min(max_positions_, std::max(kFirst, 2 * positions_)));
  table_.reserve(positions_);
  const auto count = static_cast<std::size_t>(positions_ * half_);
  cosines_ = upload(std::span(table_.cosines(0), count), stream);
  sines_ = upload(std::span(table_.sines(0), count), stream);
  return true;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
