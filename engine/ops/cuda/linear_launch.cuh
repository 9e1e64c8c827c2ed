// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/linear_plan.h"
#include "engine/ops/cuda/linear_product.cuh"

/// The launches of the kernels, each type of weights compiled on its own.
namespace pagequest::ops::PQ_CUDA_NS {

/// Where sums of parts of the inputs go, to be added up later; null: the sums are complete.
struct PartialSums {
  float* sums;                 // (part, row, output)
  std::int32_t steps_of_part;  // kGemmStep inputs each
};
inline constexpr int kGemmStep = 64;  // inputs of a stage

/// Any rows, in tiles of 8, or of 16 where `p` has at most 16 rows and no experts.
template <MatrixType kType>
void launch_gemv(const Product& p, const Stream& stream);
/// `parts`: see input_parts().
template <MatrixType kType>
void launch_gemm(const Product& p, GemmSize size, std::int64_t parts, float* partial_sums,
                 const Stream& stream);
[[nodiscard]] constexpr std::int64_t large_tile_outputs(MatrixType type) {
  return type == MatrixType::bf16 || type == MatrixType::mxfp4 ? 128 : 64;
}

/// f32 in FMAs: a row's sums have the same order in any call.
void launch_f32(const Product& p, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS
