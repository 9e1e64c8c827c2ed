// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "engine/ops/cpu/packed_matrix.h"
#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/ops/cuda/namespace.h"
#include "engine/ops/cuda/views.h"

/// Weights in device memory, as views.h lays them out.
namespace pagequest::ops::PQ_CUDA_NS {

/// How a matrix of the processor is stored on the device.
[[nodiscard]] MatrixType type_of(WeightType type);

/// Bytes of one output's weights, padding included, and of its scales.
[[nodiscard]] std::int64_t row_bytes_of(MatrixType type, std::int64_t inputs);
[[nodiscard]] std::int64_t scale_bytes_of(MatrixType type, std::int64_t inputs);

/// Writes what is stored of outputs [first, first + count): rows of row_bytes_of() and of
/// scale_bytes_of(), one behind the other. What it leaves out of a row is zero.
using FillRows =
    std::function<void(std::int64_t first, std::int64_t count, std::byte* data, std::byte* scales)>;

/// Two pieces of pinned memory: while one travels the other is filled. One serves many uploads.
class Uploader {
 public:
  /// `stream` must outlive it.
  explicit Uploader(const Stream& stream, std::int64_t piece_bytes = std::int64_t{4} << 20U);
  /// Waits for what travels.
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  /// Any memory of the host, in pieces. Ready for what follows in the stream.
  void copy(void* device, const void* host, std::int64_t bytes);
  void copy_rows(MatrixType type, std::int64_t outputs, std::int64_t inputs, const FillRows& fill,
                 std::byte* data, std::byte* scales);

 private:
  struct Piece {
    PinnedBuffer memory;
    Event sent;
  };
  /// The next piece, once it is free, with room for `bytes`.
  Piece& next(std::int64_t bytes);

  const Stream& stream_;
  std::array<Piece, 2> pieces_;
  std::size_t turn_ = 0;
};

/// A matrix, or several of one shape one behind the other.
class DeviceMatrix {
 public:
  DeviceMatrix() = default;
  /// `outputs`: of all `matrices` together.
  DeviceMatrix(MatrixType type, std::int64_t outputs, std::int64_t inputs, const FillRows& fill,
               Uploader& uploader, std::int64_t matrices = 1);
  DeviceMatrix(const PackedMatrix& matrix, Uploader& uploader);
  /// Of one type and shape, at least one.
  DeviceMatrix(std::span<const PackedMatrix* const> matrices, Uploader& uploader);

  /// Of the first matrix.
  [[nodiscard]] const MatrixView& view() const { return view_; }
  /// Of all, for experts(). `bias`: (expert, output); null: none.
  [[nodiscard]] ExpertMatrices experts(const float* bias) const;
  [[nodiscard]] std::int64_t bytes() const { return buffer_.bytes(); }

 private:
  DeviceBuffer buffer_;
  MatrixView view_;
};

}  // namespace pagequest::ops::PQ_CUDA_NS
