// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "engine/ops/cuda/namespace.h"

/// What a user reads when a call of CUDA fails. Free of CUDA, so that it is tested without.
namespace pagequest::ops::PQ_CUDA_NS {

enum class CudaFailure : std::uint8_t {
  no_driver,  // none, or too old for the toolkit that built this
  no_device,  // a driver without a usable GPU
  no_code,    // a GPU that the binary has no code for
  no_memory,  // of the device or pinned
  kernel,     // a kernel that did what it must not; the process can't use the GPU any more
  other,
};

struct FailedCall {
  CudaFailure failure = CudaFailure::other;
  std::string call;            // such as "cudaMalloc"
  std::string name;            // of the error, such as "cudaErrorNoDevice"
  std::string text;            // the driver's
  int compute_capability = 0;  // of the GPU, major * 10 + minor; 0: unknown
  std::string built_for;       // architectures: "80, 90"
};

[[nodiscard]] Error cuda_error(const FailedCall& failed);

/// Of an allocation: `bytes` were asked for. `kind`: "device memory" or "pinned memory".
[[nodiscard]] Error out_of_memory_error(const std::string& kind, std::int64_t bytes,
                                        std::int64_t free_bytes, std::int64_t total_bytes);

}  // namespace pagequest::ops::PQ_CUDA_NS
