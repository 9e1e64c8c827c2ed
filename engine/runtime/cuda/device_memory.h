// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/runtime/cuda/gpu.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// What an engine takes of a GPU's memory.
struct MemoryNeeds {
  std::int64_t weights = 0;      // bytes
  std::int64_t activations = 0;  // bytes
  std::int64_t pages = 0;        // physical ones
  std::int64_t page_bytes = 0;
};

/// Throws device_error that says how many bytes are missing, and which pool would fit, when the
/// free memory of the device does not hold all of it.
void check_memory(const MemoryNeeds& needs, const gpu::DeviceInfo& device);

}  // namespace pagequest::runtime::PQ_CUDA_NS
