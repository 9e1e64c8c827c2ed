// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/model/checkpoint.h"

namespace pagequest::model {

/// Factors of an fp8 matrix: one for each block of `rows` x `columns` elements.
struct BlockScales {
  std::vector<float> values;  // (block of rows, block of columns); empty: none
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t columns_in_blocks = 1;

  /// Of the blocks that a row of elements meets.
  [[nodiscard]] const float* of_row(std::int64_t row) const {
    return values.data() + row / rows * columns_in_blocks;
  }
};

/// A matrix that lies somewhere in a tensor: element (row, column) is the tensor's element
/// `first` + row * `row_stride` + column * `column_stride`.
struct MatrixView {
  std::string name;  // for messages
  Checkpoint::Entry entry{};
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t first = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;
  BlockScales scales;

  /// Rows follow each other without a gap.
  [[nodiscard]] bool contiguous() const { return column_stride == 1 && row_stride == columns; }
};

/// Rows [first, first + count) as f32, (count, columns). The dtype must be F32, F16, BF16 or
/// F8_E4M3 with scales: throws input_error that names the tensor otherwise, and the element when
/// one is not finite.
void read_rows(const MatrixView& view, std::int64_t first, std::int64_t count, float* out);

/// The same for a tensor of BF16, unconverted.
void read_bf16_rows(const MatrixView& view, std::int64_t first, std::int64_t count,
                    std::uint16_t* out);

/// The same for a tensor of F8_E4M3, unconverted: codes (count, columns), and the factors (count,
/// group of ops::kScaleGroup columns) by which they are to be multiplied. A block of the view's
/// scales must hold whole groups.
void read_e4m3_rows(const MatrixView& view, std::int64_t first, std::int64_t count,
                    std::uint8_t* codes, float* factors);

/// All elements of a tensor as f32, in the same way.
[[nodiscard]] std::vector<float> to_floats(const Safetensors& file, const std::string& name,
                                           const Tensor& tensor);

/// Gives the memory of rows of a contiguous view back to the system: the file still holds them.
void release_rows(const MatrixView& view, std::int64_t first, std::int64_t count);

}  // namespace pagequest::model
