// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr unsigned kThreads = 256;
constexpr int kScaleGroup = 128;  // inputs of int8 and fp8 that share a scale
constexpr int kMxfp4Group = 32;

__device__ inline float from_e4m3(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 3U & 15U;
  const auto fraction = static_cast<float>(bits & 7U);
  if ((bits & 0x7fU) == 0x7fU) return __uint_as_float(0x7fc00000U);
  const float magnitude = exponent == 0
                              ? fraction * 0.001953125F  // 2^-9
                              : (8.0F + fraction) * __uint_as_float((exponent + 117U) << 23U);
  return (bits & 0x80U) != 0 ? -magnitude : magnitude;
}

__device__ inline float from_e2m1(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 1U & 3U;
  const auto fraction = static_cast<float>(bits & 1U);
  const float magnitude =
      exponent == 0 ? 0.5F * fraction
                    : (1.0F + 0.5F * fraction) * static_cast<float>(1U << (exponent - 1U));
  return (bits & 8U) != 0 ? -magnitude : magnitude;
}

__device__ inline float from_e8m0(std::uint32_t bits) {
  if (bits == 255U) return __uint_as_float(0x7fc00000U);
  return __uint_as_float(bits == 0 ? 0x00400000U : bits << 23U);
}

__device__ inline float weight_of(const MatrixView& matrix, std::int64_t output, std::int64_t i) {
  const std::byte* row = matrix.data + output * matrix.row_bytes;
  const std::byte* scales = matrix.scales + output * matrix.scale_stride;
  const auto byte = [row](std::int64_t at) {
    return static_cast<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(row)[at]);
  };
  switch (matrix.type) {
    case MatrixType::f32:
      return reinterpret_cast<const float*>(row)[i];
    case MatrixType::bf16:
      return __uint_as_float(
          static_cast<std::uint32_t>(reinterpret_cast<const std::uint16_t*>(row)[i]) << 16U);
    case MatrixType::int8:
      return static_cast<float>(reinterpret_cast<const std::int8_t*>(row)[i]) *
             reinterpret_cast<const float*>(scales)[i / kScaleGroup];
    case MatrixType::fp8:
      return from_e4m3(byte(i)) * reinterpret_cast<const float*>(scales)[i / kScaleGroup];
    case MatrixType::mxfp4:
      return from_e2m1(byte(i / 2) >> (4 * (i % 2)) & 15U) *
             from_e8m0(reinterpret_cast<const std::uint8_t*>(scales)[i / kMxfp4Group]);
  }
  return 0.0F;
}

/// Grid: (row, columns): only x goes beyond 65,535.
__global__ void __launch_bounds__(kThreads) embed_kernel(EmbedArgs args) {
  wait_for_previous();
  let_next_begin();
  const std::int64_t column = std::int64_t{blockIdx.y} * kThreads + threadIdx.x;
  if (column >= args.table.inputs) return;
  auto* out = static_cast<float*>(args.out.data) + blockIdx.x * args.out.stride;
  out[column] = weight_of(args.table, args.tokens[blockIdx.x], column);
}

}  // namespace

void embed(const EmbedArgs& args, const Stream& stream) {
  launch(&embed_kernel,
         {.grid = dim3(static_cast<unsigned>(args.rows),
                       static_cast<unsigned>((args.table.inputs + kThreads - 1) / kThreads)),
          .block = dim3(kThreads)},
         stream, args);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
