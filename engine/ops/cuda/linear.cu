// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/ops/cuda/cublas_lt.h"
#include "engine/ops/cuda/linear_launch.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr unsigned kThreads = 256;

/// Adds up the sums of parts of the inputs, in their order.
__global__ void __launch_bounds__(kThreads)
    add_parts_kernel(Product p, const float* sums, std::int32_t parts) {
  wait_for_previous();
  let_next_begin();
  const auto output = static_cast<std::int32_t>(blockIdx.x * kThreads + threadIdx.x);
  const auto row = static_cast<std::int32_t>(blockIdx.y);
  const std::int32_t end = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  if (output >= end) return;
  const std::int64_t part_size = std::int64_t{p.rows} * p.outputs;
  const float* of_row = sums + std::int64_t{row} * p.outputs;
  float sum = 0.0F;
  float up = 0.0F;
  for (std::int32_t i = 0; i < parts; ++i) {
    sum += of_row[i * part_size + output];
    if (is_gated(p.epilogue)) up += of_row[i * part_size + end + output];
  }
  if (is_gated(p.epilogue)) {
    finish_gated(p, 0, row, output, sum, up);
  } else {
    finish(p, 0, row, output, sum);
  }
}

void add_parts(const Product& p, const float* sums, std::int64_t parts, const Stream& stream) {
  const std::int64_t outputs = is_gated(p.epilogue) ? p.outputs / 2 : p.outputs;
  launch(&add_parts_kernel,
         {.grid = dim3(static_cast<unsigned>(ceil_div(outputs, kThreads)),
                       static_cast<unsigned>(p.rows)),
          .block = dim3(kThreads)},
         stream, p, sums, static_cast<std::int32_t>(parts));
}

__global__ void __launch_bounds__(kThreads) add_bias_kernel(Product p) {
  wait_for_previous();
  let_next_begin();
  const auto output = static_cast<std::int32_t>(blockIdx.y * kThreads + threadIdx.x);
  if (output >= p.outputs) return;
  reinterpret_cast<float*>(p.y)[blockIdx.x * p.y_stride + output] += p.bias[output];
}

void add_bias(const Product& p, const Stream& stream) {
  launch(&add_bias_kernel,
         {.grid = dim3(static_cast<unsigned>(p.rows),
                       static_cast<unsigned>(ceil_div(p.outputs, kThreads))),
          .block = dim3(kThreads)},
         stream, p);
}

/// y (+)= x * weights + remainder * weights. False: the library has no algorithm.
bool multiply_by_library(CublasLt& library, const Product& p, float* y, std::int64_t y_stride,
                         bool accumulate, const Stream& stream) {
  LibraryProduct product{.weights = p.weights,
                         .weight_stride = p.row_bytes / 2,
                         .outputs = p.outputs,
                         .inputs = p.inputs,
                         .x = p.x,
                         .x_stride = p.x_stride,
                         .rows = p.rows,
                         .y = y,
                         .y_stride = y_stride,
                         .accumulate = accumulate};
  if (!library.multiply(product, stream)) return false;
  if (p.remainder == nullptr) return true;
  product.x = p.remainder;
  product.accumulate = true;
  return library.multiply(product, stream);
}

/// Rows [first, first + count) of p.
Product slice(Product p, std::int32_t first, std::int32_t count) {
  p.x += first * p.x_stride * 2;
  if (p.remainder != nullptr) p.remainder += first * p.x_stride * 2;
  p.y += first * p.y_stride * (p.y_is_bf16 ? 2 : 4);
  p.rows = count;
  return p;
}

bool linear_by_library(CublasLt& library, const Product& p, float* scratch, const Stream& stream) {
  if (!is_gated(p.epilogue)) {
    const bool done = multiply_by_library(library, p, reinterpret_cast<float*>(p.y), p.y_stride,
                                          p.epilogue == Epilogue::add, stream);
    if (done && p.bias != nullptr) add_bias(p, stream);
    return done;
  }
  for (std::int32_t first = 0; first < p.rows; first += kLibraryGatedRows) {
    const auto most = static_cast<std::int32_t>(kLibraryGatedRows);
    const Product part = slice(p, first, std::min(most, p.rows - first));
    if (!multiply_by_library(library, part, scratch, p.outputs, false, stream)) return false;
    add_parts(part, scratch, 1, stream);
  }
  return true;
}

template <MatrixType kType>
void multiply(const Product& p, float* scratch, const Stream& stream) {
  if (p.rows <= kGemvRows) return launch_gemv<kType>(p, stream);
  const std::int64_t rows = p.remainder == nullptr ? p.rows : 2 * std::int64_t{p.rows};
  const std::int64_t large_outputs = large_tile_outputs(kType);
  const GemmSize size = gemm_size(rows, p.outputs, large_outputs);
  const std::int64_t tiles =
      ceil_div(rows, tile_rows_of(size)) *
      ceil_div(p.outputs, size == GemmSize::large ? large_outputs : std::int64_t{64});
  const std::int64_t parts = input_parts(tiles, p.inputs);
  launch_gemm<kType>(p, size, parts, scratch, stream);
  if (parts > 1) add_parts(p, scratch, parts, stream);
}

bool is_aligned(const RowsView& rows) {
  return reinterpret_cast<std::uintptr_t>(rows.data) % 16 == 0 &&
         rows.stride * element_bytes(rows.element) % 16 == 0;
}

void check_arguments(const LinearArgs& args) {
  const bool is_f32 = args.matrix.type == MatrixType::f32;
  PQ_CHECK(args.x.element == (is_f32 ? Element::f32 : Element::bf16), "x has the other element");
  PQ_CHECK(is_aligned(args.x) && is_aligned(args.x_remainder), "x is not in units of 16 bytes");
  PQ_CHECK(args.x_remainder.data == nullptr || args.x_remainder.stride == args.x.stride,
           "x and its remainder have rows of different lengths");
  PQ_CHECK(!is_f32 || args.x_remainder.data == nullptr, "x in f32 has no remainder");
  PQ_CHECK(args.y.element == (is_gated(args.epilogue) ? args.x.element : Element::f32),
           "y has the other element");
}

}  // namespace

Product product_of(const LinearArgs& args) {
  Product p{};
  p.weights = args.matrix.data;
  p.scales = args.matrix.scales;
  p.row_bytes = args.matrix.row_bytes;
  p.scale_stride = args.matrix.scale_stride;
  p.outputs = static_cast<std::int32_t>(args.matrix.outputs);
  p.inputs = static_cast<std::int32_t>(args.matrix.inputs);
  p.bias = args.bias;
  p.x = static_cast<const std::byte*>(args.x.data);
  p.remainder = static_cast<const std::byte*>(args.x_remainder.data);
  p.x_stride = args.x.stride;
  p.y = static_cast<std::byte*>(args.y.data);
  p.y_stride = args.y.stride;
  p.y_is_bf16 = args.y.element == Element::bf16;
  p.epilogue = args.epilogue;
  p.rows = static_cast<std::int32_t>(args.rows);
  return p;
}

std::int64_t linear_scratch_bytes(std::int64_t rows, std::int64_t most_outputs,
                                  std::int64_t /*most_inputs*/) {
  // Parts times tiles are at most kBusyBlocks, of at most 64 x 64 sums: large tiles are never few.
  const std::int64_t partial_sums = rows > kGemvRows ? kBusyBlocks * 64 * 64 : 0;
  const std::int64_t gated =
      rows >= kLibraryRows ? std::min(rows, kLibraryGatedRows) * most_outputs : 0;
  return std::max(partial_sums, gated) * static_cast<std::int64_t>(sizeof(float));
}

void linear(const LinearArgs& args, void* scratch, const Stream& stream) {
  if (args.rows == 0 || args.matrix.outputs == 0) return;
  check_arguments(args);
  const Product p = product_of(args);
  auto* floats = static_cast<float*>(scratch);
  switch (args.matrix.type) {
    case MatrixType::f32:
      return launch_f32(p, stream);
    case MatrixType::bf16:
      if (args.library != nullptr && args.rows >= kLibraryRows &&
          linear_by_library(*args.library, p, floats, stream)) {
        return;
      }
      return multiply<MatrixType::bf16>(p, floats, stream);
    case MatrixType::int8:
      return multiply<MatrixType::int8>(p, floats, stream);
    case MatrixType::fp8:
      return multiply<MatrixType::fp8>(p, floats, stream);
    case MatrixType::mxfp4:
      return multiply<MatrixType::mxfp4>(p, floats, stream);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
