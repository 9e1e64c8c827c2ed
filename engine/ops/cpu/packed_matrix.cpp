// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/packed_matrix.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/check.h"
#include "engine/ops/cpu/bf16.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/mxfp4.h"
#include "engine/ops/cpu/scale_group.h"

namespace pagequest::ops {
namespace {

std::int64_t round_up_to(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

std::int64_t panels_for(std::int64_t outputs) {
  return (outputs + kPanelColumns - 1) / kPanelColumns;
}

std::int64_t bytes_of_panel(WeightType type, std::int64_t inputs) {
  switch (type) {
    case WeightType::f32:
      return inputs * kPanelColumns * 4;
    case WeightType::bf16:
      return round_up_to(inputs, 2) * kPanelColumns * 2;
    case WeightType::int8:
    case WeightType::fp8:
      return round_up_to(inputs, kScaleGroup) * kPanelColumns;
    case WeightType::mxfp4:
      return inputs / 2 * kPanelColumns;
  }
  return 0;
}

/// Whether weights are codes of one byte that share f32 scales.
bool has_codes(WeightType type) { return type == WeightType::int8 || type == WeightType::fp8; }

/// Groups of inputs that share a scale.
std::int64_t groups_of(WeightType type, std::int64_t inputs) {
  if (has_codes(type)) return round_up_to(inputs, kScaleGroup) / kScaleGroup;
  if (type == WeightType::mxfp4) return inputs / kMxfp4Group;
  return 0;
}

std::int64_t bytes_of_panel_scales(WeightType type, std::int64_t inputs) {
  const std::int64_t scale_bytes = type == WeightType::mxfp4 ? 1 : 4;
  return groups_of(type, inputs) * kPanelColumns * scale_bytes;
}

/// One output of a panel: the same column of every row of kPanelColumns elements.
template <class Element>
Element* column_of(std::byte* panels, std::int64_t panel_bytes, std::int64_t output,
                   std::int64_t elements_each) {
  std::byte* panel = panels + output / kPanelColumns * panel_bytes;
  return reinterpret_cast<Element*>(panel) + output % kPanelColumns * elements_each;
}

template <class Element>
const Element* column_of(const std::byte* panels, std::int64_t panel_bytes, std::int64_t output,
                         std::int64_t elements_each) {
  const std::byte* panel = panels + output / kPanelColumns * panel_bytes;
  return reinterpret_cast<const Element*>(panel) + output % kPanelColumns * elements_each;
}

/// Copies one output's elements; a panel holds `elements_each` successive ones of an output side by
/// side.
template <class Element>
void copy_column(const std::byte* panels, std::int64_t panel_bytes, std::int64_t output,
                 std::int64_t elements_each, std::int64_t count, std::byte* out) {
  const auto* column = column_of<Element>(panels, panel_bytes, output, elements_each);
  for (std::int64_t k = 0; k < count; k += elements_each) {
    const std::int64_t elements = std::min(elements_each, count - k);
    std::memcpy(out + k * static_cast<std::int64_t>(sizeof(Element)), column + k * kPanelColumns,
                static_cast<std::size_t>(elements) * sizeof(Element));
  }
}

}  // namespace

std::string_view to_string(WeightType type) {
  switch (type) {
    case WeightType::f32:
      return "f32";
    case WeightType::bf16:
      return "bf16";
    case WeightType::int8:
      return "int8";
    case WeightType::fp8:
      return "fp8";
    case WeightType::mxfp4:
      return "mxfp4";
  }
  return "?";
}

PackedMatrix::PackedMatrix(WeightType type, std::int64_t outputs, std::int64_t inputs)
    : type_(type),
      outputs_(outputs),
      inputs_(inputs),
      panels_(panels_for(outputs) * bytes_of_panel(type, inputs)),
      scales_(panels_for(outputs) * bytes_of_panel_scales(type, inputs)) {
  PQ_CHECK(type != WeightType::mxfp4 || inputs % kMxfp4Group == 0,
           "an mxfp4 matrix has whole groups of inputs");
}

void PackedMatrix::set_outputs(std::int64_t first, const float* rows, std::int64_t count) {
  PQ_CHECK(first >= 0 && first + count <= outputs_, "rows of another matrix");
  PQ_CHECK(type_ != WeightType::mxfp4, "floats can't be stored in this type");
  for (std::int64_t i = 0; i < count; ++i) set_output(first + i, rows + i * inputs_);
}

void PackedMatrix::set_output(std::int64_t output, const float* row) {
  if (type_ == WeightType::f32) {
    auto* column = column_of<float>(panels_.data(), panel_bytes(), output, 1);
    for (std::int64_t k = 0; k < inputs_; ++k) column[k * kPanelColumns] = row[k];
  } else if (type_ == WeightType::bf16) {
    auto* column = column_of<std::uint16_t>(panels_.data(), panel_bytes(), output, 2);
    for (std::int64_t k = 0; k < inputs_; ++k) {
      column[k / 2 * 2 * kPanelColumns + k % 2] = to_bf16(row[k]);
    }
  } else {
    set_codes(output, row);
  }
}

void PackedMatrix::set_codes(std::int64_t output, const float* row) {
  std::array<std::uint8_t, kScaleGroup> codes;
  for (std::int64_t group = 0; group * kScaleGroup < inputs_; ++group) {
    const std::int64_t first = group * kScaleGroup;
    const auto count = static_cast<std::size_t>(std::min(kScaleGroup, inputs_ - first));
    const float scale = to_codes(type_, {row + first, count}, codes.data());
    set_group(output, group, codes.data(), scale);
  }
}

void PackedMatrix::set_group(std::int64_t output, std::int64_t group, const std::uint8_t* codes,
                             float scale) {
  auto* column = column_of<std::uint8_t>(panels_.data(), panel_bytes(), output, 1);
  const std::int64_t first = group * kScaleGroup;
  const std::int64_t end = std::min(first + kScaleGroup, inputs_);
  for (std::int64_t k = first; k < end; ++k) column[k * kPanelColumns] = *codes++;
  auto* scales = column_of<float>(scales_.data(), panel_scale_bytes(), output, 1);
  scales[group * kPanelColumns] = scale;
}

void PackedMatrix::set_bf16_outputs(std::int64_t first, const std::uint16_t* rows,
                                    std::int64_t count) {
  PQ_CHECK(type_ == WeightType::bf16, "bf16 rows go to a bf16 matrix");
  PQ_CHECK(first >= 0 && first + count <= outputs_, "rows of another matrix");
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint16_t* row = rows + i * inputs_;
    auto* column = column_of<std::uint16_t>(panels_.data(), panel_bytes(), first + i, 2);
    const std::int64_t pairs = inputs_ / 2;
    for (std::int64_t k = 0; k < pairs; ++k) {
      std::memcpy(column + k * 2 * kPanelColumns, row + 2 * k, 2 * sizeof(std::uint16_t));
    }
    if (inputs_ % 2 != 0) column[pairs * 2 * kPanelColumns] = row[inputs_ - 1];
  }
}

void PackedMatrix::set_fp8_output(std::int64_t output, const std::uint8_t* codes,
                                  const float* scales) {
  PQ_CHECK(type_ == WeightType::fp8, "E4M3 codes go to an fp8 matrix");
  PQ_CHECK(output >= 0 && output < outputs_, "a row of another matrix");
  for (std::int64_t group = 0; group * kScaleGroup < inputs_; ++group) {
    set_group(output, group, codes + group * kScaleGroup, scales[group]);
  }
}

void PackedMatrix::set_mxfp4_output(std::int64_t output, const std::uint8_t* blocks,
                                    const std::uint8_t* scales) {
  PQ_CHECK(type_ == WeightType::mxfp4, "mxfp4 blocks go to an mxfp4 matrix");
  PQ_CHECK(output >= 0 && output < outputs_, "a row of another matrix");
  auto* column = column_of<std::uint8_t>(panels_.data(), panel_bytes(), output, 1);
  for (std::int64_t pair = 0; pair < inputs_ / 2; ++pair) {
    column[pair * kPanelColumns] = blocks[pair];
  }
  auto* scale = column_of<std::uint8_t>(scales_.data(), panel_scale_bytes(), output, 1);
  for (std::int64_t group = 0; group < inputs_ / kMxfp4Group; ++group) {
    scale[group * kPanelColumns] = scales[group];
  }
}

void PackedMatrix::get_output(std::int64_t output, float* row) const {
  PQ_CHECK(output >= 0 && output < outputs_, "a row of another matrix");
  for (std::int64_t k = 0; k < inputs_; ++k) row[k] = weight(output, k);
}

float PackedMatrix::weight(std::int64_t output, std::int64_t input) const {
  const auto element = [&]<class Element>(Element, std::int64_t each) {
    const auto* column = column_of<Element>(panels_.data(), panel_bytes(), output, each);
    return column[input / each * each * kPanelColumns + input % each];
  };
  const auto scale = [&]<class Element>(Element, std::int64_t group_size) {
    const auto* column = column_of<Element>(scales_.data(), panel_scale_bytes(), output, 1);
    return column[input / group_size * kPanelColumns];
  };
  switch (type_) {
    case WeightType::f32:
      return element(float{}, 1);
    case WeightType::bf16:
      return from_bf16(element(std::uint16_t{}, 2));
    case WeightType::int8:
    case WeightType::fp8:
      return from_code(type_, element(std::uint8_t{}, 1)) * scale(float{}, kScaleGroup);
    case WeightType::mxfp4: {
      const auto* pairs = column_of<std::uint8_t>(panels_.data(), panel_bytes(), output, 1);
      const std::uint8_t pair = pairs[input / 2 * kPanelColumns];
      return kE2m1[input % 2 == 0 ? pair & 0xFU : pair >> 4U] *
             from_e8m0(scale(std::uint8_t{}, kMxfp4Group));
    }
  }
  return 0.0F;
}

void PackedMatrix::get_stored_output(std::int64_t output, std::byte* weights,
                                     std::byte* scales) const {
  PQ_CHECK(output >= 0 && output < outputs_, "a row of another matrix");
  const auto copy_weights = [&]<class Element>(Element, std::int64_t each, std::int64_t count) {
    copy_column<Element>(panels_.data(), panel_bytes(), output, each, count, weights);
  };
  const auto copy_scales = [&]<class Element>(Element, std::int64_t count) {
    copy_column<Element>(scales_.data(), panel_scale_bytes(), output, 1, count, scales);
  };
  switch (type_) {
    case WeightType::f32:
      return copy_weights(float{}, 1, inputs_);
    case WeightType::bf16:
      return copy_weights(std::uint16_t{}, 2, inputs_);
    case WeightType::int8:
    case WeightType::fp8:
      copy_weights(std::uint8_t{}, 1, inputs_);
      return copy_scales(float{}, groups_of(type_, inputs_));
    case WeightType::mxfp4:
      copy_weights(std::uint8_t{}, 1, inputs_ / 2);
      return copy_scales(std::uint8_t{}, groups_of(type_, inputs_));
  }
}

std::int64_t PackedMatrix::stored_bytes() const {
  switch (type_) {
    case WeightType::f32:
      return inputs_ * 4;
    case WeightType::bf16:
      return inputs_ * 2;
    case WeightType::int8:
    case WeightType::fp8:
      return inputs_;
    case WeightType::mxfp4:
      return inputs_ / 2;
  }
  return 0;
}

std::int64_t PackedMatrix::stored_scale_bytes() const {
  return bytes_of_panel_scales(type_, inputs_) / kPanelColumns;
}

std::int64_t PackedMatrix::panel_count() const { return panels_for(outputs_); }

std::int64_t PackedMatrix::padded_outputs() const { return panel_count() * kPanelColumns; }

std::int64_t PackedMatrix::panel_bytes() const { return bytes_of_panel(type_, inputs_); }

std::int64_t PackedMatrix::panel_scale_bytes() const {
  return bytes_of_panel_scales(type_, inputs_);
}

}  // namespace pagequest::ops
