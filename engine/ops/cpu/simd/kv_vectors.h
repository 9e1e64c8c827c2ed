// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/simd/join_parts.h"
#include "engine/ops/cpu/simd/vec.h"

// How each KV type multiplies a vector of stored elements into f32 sums. kWidth elements lie side
// by side (kv_layout.h): components of a key, tokens of a value.
namespace pagequest::ops::PQ_ISA_NAMESPACE {

/// Elements that lie alone.
struct SingleKv {
  static constexpr int kWidth = 1;
  struct Vectors {
    Vec first;
  };
  /// sum += factors[0] * element; factors of elements that lie side by side are `step` apart.
  static void add(Vec& sum, const Vectors& v, const float* factors, std::int64_t /*step*/) {
    sum += factors[0] * v.first;
  }
};

struct F32Kv : SingleKv {
  static constexpr std::int64_t kBytes = 4;
  static constexpr bool kScaled = false;
  using Stored = Vec;
  static Vectors of(Stored elements) { return {elements}; }
};

struct Bf16Kv {
  static constexpr int kWidth = 2;
  static constexpr std::int64_t kBytes = 2;
  static constexpr bool kScaled = false;
  struct Vectors {
    Vec first, second;
  };
  using Stored = WordVec;
  static Vectors of(Stored pairs) { return {first_of(pairs), second_of(pairs)}; }
  static void add(Vec& sum, const Vectors& v, const float* factors, std::int64_t step) {
    sum += factors[0] * v.first;
    sum += factors[step] * v.second;
  }
};

struct Int8Kv : SingleKv {
  static constexpr std::int64_t kBytes = 1;
  static constexpr bool kScaled = true;
  using Stored = ByteVec;
  static Vectors of(Stored bytes) { return {to_floats(bytes)}; }
};

}  // namespace pagequest::ops::PQ_ISA_NAMESPACE
