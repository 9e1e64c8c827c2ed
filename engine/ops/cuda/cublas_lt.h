// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/namespace.h"

/// NVIDIA's library of matrix products, for large ones of bf16. It is looked for when the program
/// runs, and everything works without.
namespace pagequest::ops::PQ_CUDA_NS {

/// Whether the build had its header and the machine has the library.
[[nodiscard]] bool has_cublas_lt();

/// y = x * weights^T (+ y): bf16 in, f32 out. Strides in elements; all in device memory.
struct LibraryProduct {
  const void* weights;  // (output, input)
  std::int64_t weight_stride;
  std::int64_t outputs;
  std::int64_t inputs;
  const void* x;  // (row, input)
  std::int64_t x_stride;
  std::int64_t rows;
  float* y;  // (row, output)
  std::int64_t y_stride;
  bool accumulate;
};

/// A handle, its workspace and the algorithms that it chose, each once for a shape. For one stream.
class CublasLt {
 public:
  /// Without the library: an object that declines every product.
  CublasLt();
  ~CublasLt();
  CublasLt(CublasLt&&) noexcept;
  CublasLt& operator=(CublasLt&&) noexcept;

  /// False: declined, nothing was launched. Throws device_error where the library fails.
  [[nodiscard]] bool multiply(const LibraryProduct& product, const Stream& stream);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pagequest::ops::PQ_CUDA_NS
