// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/ops/cuda/emulator/bfloat16.h"
#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/intrinsics.h"
#include "engine/ops/cuda/emulator/vectors.h"
#include "engine/ops/cuda/emulator/warp.h"

/// What nvcc offers to kernels, for the processor. Not for headers that others include.

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// Blocks run one after another, so one array serves them all; each finds it filled with NaN.
#define __shared__ static

#define threadIdx (::pagequest::ops::emulator::running.thread->index)
#define blockIdx (::pagequest::ops::emulator::running.block)
#define blockDim (::pagequest::ops::emulator::running.block_size)
#define gridDim (::pagequest::ops::emulator::running.grid_size)

#define __builtin_assume(condition) static_cast<void>(0)
#define __trap() ::pagequest::ops::emulator::the_block().fail("__trap()")
