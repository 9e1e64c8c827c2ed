// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/matrix_view.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/model/elements.h"
#include "engine/ops/cpu/bf16.h"
#include "engine/ops/cpu/fp8.h"
#include "engine/ops/cpu/packed_matrix.h"

namespace pagequest::model {
namespace {

template <class Raw>
Raw load(const std::byte* bytes, std::int64_t index) {
  Raw raw;  // a tensor's bytes may begin anywhere
  std::memcpy(&raw, bytes + index * static_cast<std::int64_t>(sizeof raw), sizeof raw);
  return raw;
}

template <class Raw, class Out, class Convert>
void gather(const MatrixView& view, std::int64_t first, std::int64_t count, Out* out,
            Convert convert) {
  const std::byte* bytes = view.entry.tensor->bytes.data();
  const std::int64_t start = view.first + first * view.row_stride;
  const std::int64_t columns = view.columns;
  if (view.column_stride == 1) {
    for (std::int64_t row = 0; row < count; ++row) {
      const std::byte* from =
          bytes + (start + row * view.row_stride) * static_cast<std::int64_t>(sizeof(Raw));
      Out* to = out + row * columns;
      for (std::int64_t k = 0; k < columns; ++k) to[k] = convert(load<Raw>(from, k));
    }
    return;
  }
  // The rows of one column lie close together in the file.
  for (std::int64_t k = 0; k < columns; ++k) {
    const std::int64_t at = start + k * view.column_stride;
    for (std::int64_t row = 0; row < count; ++row) {
      out[row * columns + k] = convert(load<Raw>(bytes, at + row * view.row_stride));
    }
  }
}

void gather_floats(const MatrixView& view, std::int64_t first, std::int64_t count, float* out) {
  const std::string& dtype = view.entry.tensor->dtype;
  if (dtype == "BF16") {
    gather<std::uint16_t>(view, first, count, out, ops::from_bf16);
  } else if (dtype == "F32") {
    gather<float>(view, first, count, out, [](float x) { return x; });
  } else if (dtype == "F16") {
    gather<std::uint16_t>(view, first, count, out, from_float16);
  } else if (dtype == "F8_E4M3" && !view.scales.values.empty()) {
    gather<std::uint8_t>(view, first, count, out, ops::from_e4m3);
  } else {
    throw input_error({.what = "unsupported dtype of tensor `" + view.name + "`",
                       .where = view.entry.file->path().string(),
                       .found = dtype,
                       .expected = "BF16, F16, F32, or F8_E4M3 of a projection with scales",
                       .hint = {}});
  }
}

void apply_scales(const MatrixView& view, std::int64_t first, std::int64_t count, float* out) {
  const BlockScales& scales = view.scales;
  for (std::int64_t row = 0; row < count; ++row) {
    const float* factors = scales.of_row(first + row);
    for (std::int64_t k = 0; k < view.columns; ++k) {
      out[row * view.columns + k] *= factors[k / scales.columns];
    }
  }
}

[[noreturn]] void throw_not_finite(const MatrixView& view, std::int64_t row, std::int64_t column) {
  const std::int64_t index = view.first + row * view.row_stride + column * view.column_stride;
  throw input_error({.what = "tensor `" + view.name + "` holds values that are not finite",
                     .where = view.entry.file->path().string(),
                     .found = "NaN or infinity at element " + std::to_string(index),
                     .expected = "finite weights",
                     .hint = "the file may be corrupt"});
}

/// Adds up the exponents that are all ones, which compiles to vector code; looks closer if any.
template <class Element, class Exponents>
void check_finite(const MatrixView& view, std::int64_t first, std::int64_t count,
                  const Element* values, Exponents is_special) {
  const std::int64_t elements = count * view.columns;
  std::uint32_t special = 0;
  for (std::int64_t i = 0; i < elements; ++i) special |= is_special(values[i]) ? 1U : 0U;
  if (special == 0) return;
  for (std::int64_t i = 0; i < elements; ++i) {
    if (is_special(values[i])) throw_not_finite(view, first + i / view.columns, i % view.columns);
  }
}

/// The largest magnitude decides for its group; looks closer if it is not finite.
void check_finite_codes(const MatrixView& view, std::int64_t row, std::int64_t column,
                        std::int64_t count, const std::uint8_t* codes, float factor) {
  const auto is_special = [factor](std::uint8_t code) {
    return !is_finite(ops::from_e4m3(code) * factor);
  };
  std::uint8_t largest = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    largest = std::max(largest, static_cast<std::uint8_t>(codes[k] & ops::kE4m3Magnitude));
  }
  if (!is_special(largest)) return;
  throw_not_finite(view, row, column + (std::find_if(codes, codes + count, is_special) - codes));
}

}  // namespace

void read_rows(const MatrixView& view, std::int64_t first, std::int64_t count, float* out) {
  gather_floats(view, first, count, out);
  if (!view.scales.values.empty()) apply_scales(view, first, count, out);
  check_finite(view, first, count, out, [](float x) { return !is_finite(x); });
}

void read_bf16_rows(const MatrixView& view, std::int64_t first, std::int64_t count,
                    std::uint16_t* out) {
  gather<std::uint16_t>(view, first, count, out, [](std::uint16_t x) { return x; });
  check_finite(view, first, count, out, [](std::uint16_t x) { return (x & 0x7F80U) == 0x7F80U; });
}

void read_e4m3_rows(const MatrixView& view, std::int64_t first, std::int64_t count,
                    std::uint8_t* codes, float* factors) {
  gather<std::uint8_t>(view, first, count, codes, [](std::uint8_t x) { return x; });
  for (std::int64_t row = first; row < first + count; ++row, codes += view.columns) {
    const float* scales = view.scales.of_row(row);
    for (std::int64_t column = 0; column < view.columns; column += ops::kScaleGroup) {
      const float factor = scales[column / view.scales.columns];
      const std::int64_t size = std::min(ops::kScaleGroup, view.columns - column);
      check_finite_codes(view, row, column, size, codes + column, factor);
      *factors++ = factor;
    }
  }
}

std::vector<float> to_floats(const Safetensors& file, const std::string& name,
                             const Tensor& tensor) {
  MatrixView view{.name = name, .entry = {&file, &tensor}, .rows = 1, .columns = 1};
  for (const std::int64_t extent : tensor.shape) view.columns *= extent;
  std::vector<float> values(static_cast<std::size_t>(view.columns));
  read_rows(view, 0, 1, values.data());
  return values;
}

void release_rows(const MatrixView& view, std::int64_t first, std::int64_t count) {
  const Tensor& tensor = *view.entry.tensor;
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.shape) elements *= extent;
  const std::int64_t element_bytes = static_cast<std::int64_t>(tensor.bytes.size()) / elements;
  const std::int64_t begin = (view.first + first * view.columns) * element_bytes;
  const std::int64_t size = count * view.columns * element_bytes;
  release_pages(
      tensor.bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)));
}

}  // namespace pagequest::model
