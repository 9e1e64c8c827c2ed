// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/exp.h"

namespace pagequest::ops::PQ_ISA_NAMESPACE {

inline void rms_norm(const RmsNormArgs& args) {
  for (std::int64_t row = 0; row < args.rows; ++row) {
    const float* x = args.x + row * args.stride;
    float* out = args.out + row * args.stride;
    Vec squares{};
    std::int64_t i = 0;
    for (; i + kLanes <= args.width; i += kLanes) squares += load(x + i) * load(x + i);
    float sum_of_squares = sum(squares);
    for (; i < args.width; ++i) sum_of_squares += x[i] * x[i];
    const float mean = sum_of_squares / static_cast<float>(args.width);
    const float scale = 1.0F / __builtin_sqrtf(mean + args.epsilon);
    for (i = 0; i < args.width; ++i) out[i] = x[i] * scale * args.weight[i];
  }
}

inline void rope(float* x, std::int64_t heads, std::int64_t head_dim, const float* cosines,
                 const float* sines) {
  const std::int64_t half = head_dim / 2;
  for (std::int64_t head = 0; head < heads; ++head) {
    float* low = x + head * head_dim;
    float* high = low + half;
    for (std::int64_t i = 0; i < half; ++i) {
      const float a = low[i];
      const float b = high[i];
      low[i] = a * cosines[i] - b * sines[i];
      high[i] = b * cosines[i] + a * sines[i];
    }
  }
}

inline Vec swiglu(Vec gate, Vec up) { return gate / (1.0F + exp(-gate)) * up; }

inline void swiglu(const float* gate_up, std::int64_t width, float* out) {
  std::int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    store(out + i, swiglu(load(gate_up + i), load(gate_up + width + i)));
  }
  for (; i < width; ++i) out[i] = swiglu(splat(gate_up[i]), splat(gate_up[width + i]))[0];
}

inline Vec clamped_swiglu(Vec gate, Vec up) {
  constexpr float kLimit = 7.0F;
  constexpr float kAlpha = 1.702F;
  const Vec g = min(gate, splat(kLimit));
  const Vec u = max(min(up, splat(kLimit)), splat(-kLimit));
  return g / (1.0F + exp(g * -kAlpha)) * (u + 1.0F);
}

inline void clamped_swiglu(const float* gate_up, std::int64_t width, float* out) {
  std::int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    store(out + i, clamped_swiglu(load(gate_up + i), load(gate_up + width + i)));
  }
  for (; i < width; ++i) {
    out[i] = clamped_swiglu(splat(gate_up[i]), splat(gate_up[width + i]))[0];
  }
}

inline void exp(float* x, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, exp(load(x + i)));
  for (; i < count; ++i) x[i] = exp(splat(x[i]))[0];
}

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
