// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/linear_typed.cuh"

namespace pagequest::ops::PQ_CUDA_NS {

template void launch_gemv<MatrixType::bf16>(const Product& p, const Stream& stream);
template void launch_gemm<MatrixType::bf16>(const Product& p, GemmSize size, std::int64_t parts,
                                            float* partial_sums, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS
