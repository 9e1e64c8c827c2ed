// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cuda/device.h"

/// Small kernels that tests of streams and of the emulator launch.
namespace pagequest::ops::PQ_CUDA_NS::test_kernels {

/// to[i] = from[i] + addend.
void add(const std::int32_t* from, std::int32_t addend, std::int32_t* to, std::int32_t count,
         const Stream& stream);

/// sums[block] = the sum of the block's `each` floats of `from`, by shuffles, shared memory and a
/// barrier, which `with_barrier` may leave out.
void block_sums(const float* from, std::int32_t each, float* sums, std::int32_t blocks,
                bool with_barrier, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS::test_kernels
