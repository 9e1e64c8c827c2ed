// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/linear_bf16.h"
#include "engine/ops/cpu/simd/linear_bytes.h"
#include "engine/ops/cpu/simd/linear_f32.h"
#include "engine/ops/cpu/simd/linear_mxfp4.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

inline void linear(const LinearArgs& args) {
  switch (args.type) {
    case WeightType::f32:
      return linear_panels<F32Tile>(args);
    case WeightType::bf16:
      return linear_bf16(args);
    case WeightType::int8:
      return linear_panels<Int8Tile>(args);
    case WeightType::fp8:
      return linear_panels<Fp8Tile>(args);
    case WeightType::mxfp4:
      return linear_panels<Mxfp4Tile>(args);
  }
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
