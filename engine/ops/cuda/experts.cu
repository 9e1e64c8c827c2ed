// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/ops/cuda/linear_launch.cuh"

/// A layer of experts: two products in which each expert has rows of its own, as many as route()
/// found, which only the device knows; then the weighted sum of what they gave.
namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr unsigned kThreads = 256;
/// Rows of an average expert up to which GEMV is taken, and tiles of 32 and of 64 rows.
constexpr std::int64_t kExpertGemvRows = 4;
constexpr std::int64_t kExpertSmallRows = 24;
constexpr std::int64_t kExpertMediumRows = 96;

struct CombineArgs {
  const float* outputs;  // (expert row, width)
  std::int64_t outputs_stride;
  const float* weights;       // (row, slot)
  const std::int32_t* place;  // (row, slot): expert row
  std::int32_t slots;
  std::int32_t width;
  float* residual;
  std::int64_t residual_stride;
};

/// Block (x, y): some columns of row x; only x goes beyond 65,535.
__global__ void __launch_bounds__(kThreads) combine_kernel(CombineArgs args) {
  wait_for_previous();
  let_next_begin();
  const auto column = static_cast<std::int32_t>(blockIdx.y * kThreads + threadIdx.x);
  if (column >= args.width) return;
  const std::int64_t first = std::int64_t{blockIdx.x} * args.slots;
  float* residual = args.residual + blockIdx.x * args.residual_stride + column;
  float sum = *residual;
  for (std::int32_t s = 0; s < args.slots; ++s) {
    const std::int64_t row = args.place[first + s];
    sum = fmaf(args.weights[first + s], args.outputs[row * args.outputs_stride + column], sum);
  }
  *residual = sum;
}

void combine(const ExpertsArgs& args, const Stream& stream) {
  const CombineArgs combined{
      .outputs = static_cast<const float*>(args.outputs.data),
      .outputs_stride = args.outputs.stride,
      .weights = args.routing.weights,
      .place = args.routing.place,
      .slots = args.routing.experts_per_token,
      .width = static_cast<std::int32_t>(args.down.first.outputs),
      .residual = static_cast<float*>(args.residual.data),
      .residual_stride = args.residual.stride,
  };
  launch(&combine_kernel,
         {.grid = dim3(static_cast<unsigned>(args.routing.rows),
                       static_cast<unsigned>(ceil_div(combined.width, kThreads))),
          .block = dim3(kThreads)},
         stream, combined);
}

Product expert_product(const RouteArgs& routing, const ExpertMatrices& matrices, const RowsView& x,
                       const RowsView& y, Epilogue epilogue) {
  Product p = product_of({.matrix = matrices.first,
                          .bias = matrices.bias,
                          .x = x,
                          .x_remainder = {},
                          .rows = routing.rows * routing.experts_per_token,
                          .y = y,
                          .epilogue = epilogue});
  p.first = routing.first;
  p.experts = routing.experts;
  p.expert_bytes = matrices.expert_bytes;
  p.expert_scale_bytes = matrices.expert_scale_bytes;
  return p;
}

template <MatrixType kType>
void multiply(const Product& p, const Stream& stream) {
  const std::int64_t rows = p.rows / p.experts;
  if (rows <= kExpertGemvRows) return launch_gemv<kType>(p, stream);
  const GemmSize size = rows <= kExpertSmallRows    ? GemmSize::small
                        : rows <= kExpertMediumRows ? GemmSize::medium
                                                    : GemmSize::large;
  launch_gemm<kType>(p, size, 1, nullptr, stream);
}

void multiply_any(MatrixType type, const Product& p, const Stream& stream) {
  switch (type) {
    case MatrixType::f32:
      return launch_f32(p, stream);
    case MatrixType::bf16:
      return multiply<MatrixType::bf16>(p, stream);
    case MatrixType::int8:
      return multiply<MatrixType::int8>(p, stream);
    case MatrixType::fp8:
      return multiply<MatrixType::fp8>(p, stream);
    case MatrixType::mxfp4:
      return multiply<MatrixType::mxfp4>(p, stream);
  }
}

}  // namespace

void experts(const ExpertsArgs& args, void* /*scratch*/, const Stream& stream) {
  if (args.routing.rows == 0) return;
  PQ_CHECK(is_gated(args.activation), "experts are gated");
  PQ_CHECK(args.x.stride % 8 == 0 && args.activated.stride % 8 == 0,
           "rows are not in units of 16 bytes");
  Product gate_up =
      expert_product(args.routing, args.gate_up, args.x, args.activated, args.activation);
  gate_up.source = args.routing.source;
  multiply_any(args.gate_up.first.type, gate_up, stream);
  const Product down =
      expert_product(args.routing, args.down, args.activated, args.outputs, Epilogue::store);
  multiply_any(args.down.first.type, down, stream);
  combine(args, stream);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
