// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/device_matrix.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "engine/ops/cpu/kernels.h"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr std::int64_t kAlignment = 256;  // of the scales behind the weights

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

/// Without the padding.
std::int64_t stored_bytes(MatrixType type, std::int64_t inputs) {
  switch (type) {
    case MatrixType::f32:
      return inputs * 4;
    case MatrixType::bf16:
      return inputs * 2;
    case MatrixType::int8:
    case MatrixType::fp8:
      return inputs;
    case MatrixType::mxfp4:
      return inputs / 2;
  }
  return 0;
}

/// Rows [first, first + count) of a part of a packed matrix whose panels hold (step,
/// kPanelColumns) elements of `kBytes`.
template <std::size_t kBytes>
void unpack(const std::byte* panels, std::int64_t panel_bytes, std::int64_t steps,
            std::int64_t first, std::int64_t count, std::byte* rows, std::int64_t row_bytes) {
  constexpr std::int64_t kBlock = 64;  // steps that stay in the first-level cache
  constexpr auto kElement = static_cast<std::int64_t>(kBytes);
  for (std::int64_t begin = 0; begin < steps; begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, steps);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t output = first + i;
      const std::byte* column =
          panels + output / kPanelColumns * panel_bytes + output % kPanelColumns * kElement;
      std::byte* row = rows + i * row_bytes;
      for (std::int64_t k = begin; k < end; ++k) {
        std::memcpy(row + k * kElement, column + k * kPanelColumns * kElement, kBytes);
      }
    }
  }
}

void unpack_rows(const PackedMatrix& matrix, std::int64_t first, std::int64_t count,
                 std::byte* data, std::byte* scales) {
  const MatrixType type = type_of(matrix.type());
  const std::int64_t row_bytes = row_bytes_of(type, matrix.inputs());
  const std::int64_t scale_bytes = scale_bytes_of(type, matrix.inputs());
  const std::int64_t panel = matrix.panel_bytes();
  const std::int64_t scale_panel = matrix.panel_scale_bytes();
  if (type == MatrixType::f32 || type == MatrixType::bf16) {
    const std::int64_t words = round_up(stored_bytes(type, matrix.inputs()), 4) / 4;
    unpack<4>(matrix.panels(), panel, words, first, count, data, row_bytes);
    return;
  }
  unpack<1>(matrix.panels(), panel, stored_bytes(type, matrix.inputs()), first, count, data,
            row_bytes);
  if (type == MatrixType::mxfp4) {
    unpack<1>(matrix.scales(), scale_panel, scale_bytes, first, count, scales, scale_bytes);
  } else {
    unpack<4>(matrix.scales(), scale_panel, scale_bytes / 4, first, count, scales, scale_bytes);
  }
}

FillRows rows_of(std::span<const PackedMatrix* const> matrices) {
  std::vector<const PackedMatrix*> all(matrices.begin(), matrices.end());
  return [all = std::move(all)](std::int64_t first, std::int64_t count, std::byte* data,
                                std::byte* scales) {
    const PackedMatrix& shape = *all.front();
    const MatrixType type = type_of(shape.type());
    while (count > 0) {
      const std::int64_t output = first % shape.outputs();
      const std::int64_t here = std::min(count, shape.outputs() - output);
      unpack_rows(*all[static_cast<std::size_t>(first / shape.outputs())], output, here, data,
                  scales);
      first += here;
      count -= here;
      data += here * row_bytes_of(type, shape.inputs());
      scales += here * scale_bytes_of(type, shape.inputs());
    }
  };
}

const PackedMatrix& shape_of(std::span<const PackedMatrix* const> matrices) {
  PQ_CHECK(!matrices.empty(), "no matrix to upload");
  const PackedMatrix& first = *matrices.front();
  for (const PackedMatrix* matrix : matrices) {
    PQ_CHECK(matrix->type() == first.type() && matrix->outputs() == first.outputs() &&
                 matrix->inputs() == first.inputs(),
             "matrices of different shapes in one upload");
  }
  return first;
}

}  // namespace

MatrixType type_of(WeightType type) {
  switch (type) {
    case WeightType::f32:
      return MatrixType::f32;
    case WeightType::bf16:
      return MatrixType::bf16;
    case WeightType::int8:
      return MatrixType::int8;
    case WeightType::fp8:
      return MatrixType::fp8;
    case WeightType::mxfp4:
      return MatrixType::mxfp4;
  }
  return MatrixType::f32;
}

std::int64_t row_bytes_of(MatrixType type, std::int64_t inputs) {
  return round_up(stored_bytes(type, inputs), 16);
}

std::int64_t scale_bytes_of(MatrixType type, std::int64_t inputs) {
  if (type == MatrixType::mxfp4) return inputs / kMxfp4Group;
  if (type == MatrixType::int8 || type == MatrixType::fp8) {
    return round_up(inputs, kScaleGroup) / kScaleGroup * 4;
  }
  return 0;
}

Uploader::Uploader(const Stream& stream, std::int64_t piece_bytes) : stream_(stream) {
  for (Piece& piece : pieces_) piece.memory = PinnedBuffer(piece_bytes);
}

Uploader::~Uploader() {
  try {
    for (const Piece& piece : pieces_) piece.sent.wait();
  } catch (const Error&) {  // of earlier work, which whoever waits for that work hears of
  }
}

Uploader::Piece& Uploader::next(std::int64_t bytes) {
  Piece& piece = pieces_[turn_];
  turn_ = (turn_ + 1) % pieces_.size();
  piece.sent.wait();
  if (piece.memory.bytes() < bytes) piece.memory = PinnedBuffer(bytes);
  return piece;
}

void Uploader::copy(void* device, const void* host, std::int64_t bytes) {
  const std::int64_t most = pieces_.front().memory.bytes();
  for (std::int64_t first = 0; first < bytes; first += most) {
    const std::int64_t here = std::min(most, bytes - first);
    Piece& piece = next(here);
    std::memcpy(piece.memory.data(), static_cast<const std::byte*>(host) + first,
                static_cast<std::size_t>(here));
    stream_.to_device(static_cast<std::byte*>(device) + first, piece.memory.data(), here);
    piece.sent.record(stream_);
  }
}

void Uploader::copy_rows(MatrixType type, std::int64_t outputs, std::int64_t inputs,
                         const FillRows& fill, std::byte* data, std::byte* scales) {
  const std::int64_t row_bytes = row_bytes_of(type, inputs);
  const std::int64_t scale_bytes = scale_bytes_of(type, inputs);
  const std::int64_t most = std::max<std::int64_t>(
      1, pieces_.front().memory.bytes() / std::max<std::int64_t>(1, row_bytes + scale_bytes));
  for (std::int64_t first = 0; first < outputs; first += most) {
    const std::int64_t count = std::min(most, outputs - first);
    Piece& piece = next(count * (row_bytes + scale_bytes));
    std::byte* rows = piece.memory.data();
    std::byte* row_scales = rows + count * row_bytes;
    if (stored_bytes(type, inputs) != row_bytes) {
      std::memset(rows, 0, static_cast<std::size_t>(count * row_bytes));
    }
    fill(first, count, rows, row_scales);
    stream_.to_device(data + first * row_bytes, rows, count * row_bytes);
    if (scale_bytes > 0) {
      stream_.to_device(scales + first * scale_bytes, row_scales, count * scale_bytes);
    }
    piece.sent.record(stream_);
  }
}

DeviceMatrix::DeviceMatrix(MatrixType type, std::int64_t outputs, std::int64_t inputs,
                           const FillRows& fill, Uploader& uploader, std::int64_t matrices) {
  PQ_CHECK(matrices > 0 && outputs % matrices == 0, "matrices of different shapes in one upload");
  const std::int64_t row_bytes = row_bytes_of(type, inputs);
  const std::int64_t scale_bytes = scale_bytes_of(type, inputs);
  const std::int64_t scales_offset = round_up(outputs * row_bytes, kAlignment);
  buffer_ = DeviceBuffer(scales_offset + outputs * scale_bytes);
  view_ = {.type = type,
           .outputs = outputs / matrices,
           .inputs = inputs,
           .row_bytes = row_bytes,
           .data = buffer_.data(),
           .scales = scale_bytes > 0 ? buffer_.data() + scales_offset : nullptr,
           .scale_stride = scale_bytes};
  uploader.copy_rows(type, outputs, inputs, fill, buffer_.data(), buffer_.data() + scales_offset);
}

DeviceMatrix::DeviceMatrix(std::span<const PackedMatrix* const> matrices, Uploader& uploader)
    : DeviceMatrix(type_of(shape_of(matrices).type()),
                   shape_of(matrices).outputs() * std::ssize(matrices), shape_of(matrices).inputs(),
                   rows_of(matrices), uploader, std::ssize(matrices)) {}

DeviceMatrix::DeviceMatrix(const PackedMatrix& matrix, Uploader& uploader)
    : DeviceMatrix(std::vector<const PackedMatrix*>{&matrix}, uploader) {}

ExpertMatrices DeviceMatrix::experts(const float* bias) const {
  return {.first = view_,
          .expert_bytes = view_.outputs * view_.row_bytes,
          .expert_scale_bytes = view_.outputs * view_.scale_stride,
          .bias = bias};
}

}  // namespace pagequest::ops::PQ_CUDA_NS
