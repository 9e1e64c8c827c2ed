// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA that kernels are written in, for nvcc or for the emulator: only for .cu files and the
/// .cuh headers that they share. The keywords and built-in variables are CUDA's own.
#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#else
#include "engine/ops/cuda/emulator/cuda.h"
#endif

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/namespace.h"

namespace pagequest::ops::PQ_CUDA_NS {

/// Threads of a warp, and the mask of all of them.
inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffU;

struct LaunchShape {
  dim3 grid;
  dim3 block;
  int shared_bytes = 0;  // dynamic
#if !defined(__CUDACC__)
  std::source_location where = std::source_location::current();  // for the emulator's messages
#endif
};

#if defined(__CUDACC__)

/// Throws device_error unless `code` is success.
void check(cudaError_t code, const char* call);

/// Whether the code that the GPU runs was compiled for architectures (9.0 on) whose kernels can
/// wait for the kernel before them.
bool kernels_can_overlap();

/// Puts a kernel into the stream. It may begin while the kernel before it still runs: each kernel
/// calls wait_for_previous() in every thread before it touches what others write or read (weights
/// alone may be read earlier), so that the order of a stream holds all the same.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, const Stream& stream,
            Arguments... arguments) {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  constexpr int kDefaultShared = 48 * 1024;
  if (shape.shared_bytes > kDefaultShared) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               shape.shared_bytes),
          "cudaFuncSetAttribute");
  }
  cudaLaunchAttribute overlap{};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = static_cast<std::size_t>(shape.shared_bytes);
  config.stream = static_cast<cudaStream_t>(stream.handle());
  config.attrs = &overlap;
  config.numAttrs = kernels_can_overlap() ? 1 : 0;
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
        "cudaLaunchKernelEx");
}

/// Dynamic shared memory of the block.
__device__ inline std::byte* shared_memory() {
  extern __shared__ __align__(128) std::byte pq_shared_memory[];
  return pq_shared_memory;
}

#endif

}  // namespace pagequest::ops::PQ_CUDA_NS

#if !defined(__CUDACC__)
#include "engine/ops/cuda/emulator/launch.h"
#endif
