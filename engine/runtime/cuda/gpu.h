// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/ops/cuda/device.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Device memory, streams and kernels: for a GPU, or the emulated ones.
namespace gpu = ops::PQ_CUDA_NS;

/// Makes room for `bytes`, at least twice as much as before. What the buffer held is lost; no work
/// that is under way may use it. Returns whether it moved.
template <class Buffer>
bool reserve(Buffer& buffer, std::int64_t bytes) {
  if (buffer.bytes() >= bytes) return false;
  const std::int64_t room = std::max(bytes, 2 * buffer.bytes());
  buffer = Buffer();  // free before the new memory is taken
  buffer = Buffer(room);
  return true;
}

/// Bytes to a multiple of what every kernel is content with.
[[nodiscard]] constexpr std::int64_t aligned(std::int64_t bytes) {
  constexpr std::int64_t kAlignment = 256;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
