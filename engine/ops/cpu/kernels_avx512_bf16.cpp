// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define PQ_ISA_NAMESPACE avx512_bf16
#define PQ_LANES 16
#define PQ_VECTOR_REGISTERS 32
#define PQ_BF16_DOT

#include "engine/ops/cpu/simd/kernel_table.h"

namespace pagequest::ops::avx512_bf16 {

const Kernels& kernels() { return kKernels; }

}  // namespace pagequest::ops::avx512_bf16
