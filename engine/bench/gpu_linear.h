// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/bench/gpu_timing.h"
#include "engine/ops/cuda/kernels.h"

/// Matrix products and copies on a GPU, alone.
namespace pagequest::bench::PQ_CUDA_NS {

/// GB/s of a copy of `bytes` on the device: what it reads and what it writes.
[[nodiscard]] double copy_gbps(std::int64_t bytes, const Repeats& repeats);

/// TFLOP/s of a product of bf16 matrices of `size` rows and columns each.
[[nodiscard]] double matmul_tflops(std::int64_t size, const Repeats& repeats);

struct LinearShape {
  std::string name;
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  gpu::Epilogue epilogue = gpu::Epilogue::store;
};

/// A decoder layer's matrices, with what follows each product, and the size of the vocabulary.
struct LayerShapes {
  std::vector<LinearShape> matrices;
  std::int64_t layers = 0;
};

struct GemvSpeed {
  double gbps = 0.0;                  // of all matrices of a layer
  std::vector<double> matrices_gbps;  // of each
};

/// Bytes of weights a second with one row of activations. Every product reads another copy of its
/// matrix, `least_bytes` in total, so that no cache holds them.
[[nodiscard]] GemvSpeed gemv_speed(gpu::MatrixType type, const LayerShapes& shapes,
                                   std::int64_t least_bytes, const Repeats& repeats);

/// How many times as long the norms and products of one decoded token take, launch by launch, as in
/// a graph.
[[nodiscard]] double graph_gain(const LayerShapes& shapes, const Repeats& repeats);

}  // namespace pagequest::bench::PQ_CUDA_NS
