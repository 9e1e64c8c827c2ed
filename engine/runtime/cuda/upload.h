// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "engine/runtime/cuda/gpu.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// A copy of `values` in device memory, there when the call returns: for what an engine uploads
/// once.
template <class T>
[[nodiscard]] gpu::DeviceBuffer upload(std::span<const T> values, const gpu::Stream& stream) {
  const auto bytes = static_cast<std::int64_t>(values.size_bytes());
  gpu::DeviceBuffer buffer(bytes);
  if (bytes == 0) return buffer;
  const gpu::PinnedBuffer staging(bytes);
  std::memcpy(staging.data(), values.data(), values.size_bytes());
  stream.to_device(buffer.data(), staging.data(), bytes);
  stream.synchronise();
  return buffer;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
