// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/attention.h"
#include "engine/ops/cpu/simd/elementwise.h"
#include "engine/ops/cpu/simd/linear.h"
#include "engine/ops/cpu/simd/page_bounds.h"
#include "engine/ops/cpu/simd/tables.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

inline constexpr Kernels kKernels{
    .isa = Isa::PQ_ISA_NAMESPACE,
    .linear = linear,
    .rms_norm = rms_norm,
    .rope = rope,
    .swiglu = swiglu,
    .clamped_swiglu = clamped_swiglu,
    .exp = exp,
    .attention = attention<false>,
    .attention_with_capture = attention<true>,
    .page_bounds = page_bounds,
};

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
