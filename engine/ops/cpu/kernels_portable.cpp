// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define PQ_ISA_NAMESPACE portable
#define PQ_LANES 4
#define PQ_VECTOR_REGISTERS 16

#include "engine/ops/cpu/simd/kernel_table.h"

namespace pagequest::ops::portable {

const Kernels& kernels() { return kKernels; }

}  // namespace pagequest::ops::portable
