// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Matrices of experts that lie in one tensor.
#include <algorithm>

#include "base/error.h"
#include "engine/model/tensor_reader.h"

namespace pagequest::model {
namespace {

constexpr std::int64_t kBlockBytes = ops::kMxfp4Group / 2;

/// Where the row that becomes output `output` lies.
std::int64_t stored_row(std::int64_t output, std::int64_t outputs, RowOrder order) {
  if (order == RowOrder::as_stored) return output;
  const std::int64_t half = outputs / 2;
  return output < half ? 2 * output : 2 * (output - half) + 1;
}

/// The largest exponent with which the largest E2M1 value, 6, is still a float; also keeps out 255,
/// which is NaN.
constexpr std::uint8_t kLargestScale = 127 + 125;

void check_scales(const std::string& name, const Checkpoint::Entry& entry, const std::byte* scales,
                  std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (std::to_integer<std::uint8_t>(scales[i]) <= kLargestScale) continue;
    const std::int64_t index = scales + i - entry.tensor->bytes.data();
    throw input_error({.what = "tensor `" + name + "` holds scales that are not finite",
                       .where = entry.file->path().string(),
                       .found = "NaN or an exponent beyond f32 at element " + std::to_string(index),
                       .expected = "finite weights",
                       .hint = "the file may be corrupt"});
  }
}

void require_bytes(const std::string& name, const Checkpoint::Entry& entry) {
  if (entry.tensor->dtype == "U8") return;
  throw input_error({.what = "unsupported dtype of tensor `" + name + "`",
                     .where = entry.file->path().string(),
                     .found = entry.tensor->dtype,
                     .expected = "U8",
                     .hint = {}});
}

}  // namespace

ops::PackedMatrix TensorReader::stacked(const TensorStack& stack, std::int64_t expert,
                                        RowOrder order, InputAxis axis) {
  return has(stack.name + "_blocks") ? mxfp4_expert(stack, expert, order)
                                     : dense_expert(stack, expert, order, axis);
}

ops::PackedMatrix TensorReader::dense_expert(const TensorStack& stack, std::int64_t expert,
                                             RowOrder order, InputAxis axis) {
  const bool transposed = axis == InputAxis::before_outputs;
  const Shape shape = transposed ? Shape{stack.experts, stack.inputs, stack.outputs}
                                 : Shape{stack.experts, stack.outputs, stack.inputs};
  const std::int64_t row = transposed ? 1 : stack.inputs;
  const std::int64_t turns = order == RowOrder::even_then_odd ? 2 : 1;
  MatrixView view{.name = stack.name,
                  .entry = take(stack.name, shape),
                  .rows = stack.outputs / turns,
                  .columns = stack.inputs,
                  .first = expert * stack.outputs * stack.inputs,
                  .row_stride = row * turns,
                  .column_stride = transposed ? stack.outputs : 1};
  ops::PackedMatrix matrix(packed_type({view}, Precision::quantisable), stack.outputs,
                           stack.inputs);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    pack(view, turn * view.rows, matrix);
    view.first += row;
  }
  // Gates and ups share the expert's pages.
  const MatrixView expert_rows{.entry = view.entry,
                               .rows = stack.outputs,
                               .columns = stack.inputs,
                               .first = expert * stack.outputs * stack.inputs};
  release_rows(expert_rows, 0, stack.outputs);
  return matrix;
}

ops::PackedMatrix TensorReader::mxfp4_expert(const TensorStack& stack, std::int64_t expert,
                                             RowOrder order) {
  const std::string blocks_name = stack.name + "_blocks";
  const std::string scales_name = stack.name + "_scales";
  const std::int64_t groups = stack.inputs / ops::kMxfp4Group;
  if (stack.inputs % ops::kMxfp4Group != 0) {
    throw input_error({.what = "MXFP4 experts need whole groups of inputs",
                       .where = blocks_name,
                       .found = std::to_string(stack.inputs) + " inputs",
                       .expected = "a multiple of " + std::to_string(ops::kMxfp4Group),
                       .hint = {}});
  }
  const Checkpoint::Entry blocks =
      take(blocks_name, {stack.experts, stack.outputs, groups, kBlockBytes});
  const Checkpoint::Entry scales = take(scales_name, {stack.experts, stack.outputs, groups});
  require_bytes(blocks_name, blocks);
  require_bytes(scales_name, scales);
  const std::byte* block =
      blocks.tensor->bytes.data() + expert * stack.outputs * groups * kBlockBytes;
  const std::byte* scale = scales.tensor->bytes.data() + expert * stack.outputs * groups;
  check_scales(scales_name, scales, scale, stack.outputs * groups);
  ops::PackedMatrix matrix(ops::WeightType::mxfp4, stack.outputs, stack.inputs);
  constexpr std::int64_t kRows = 256;
  pool_.run((stack.outputs + kRows - 1) / kRows, [&](std::int64_t index, std::int64_t) {
    const std::int64_t end = std::min((index + 1) * kRows, stack.outputs);
    for (std::int64_t output = index * kRows; output < end; ++output) {
      const std::int64_t row = stored_row(output, stack.outputs, order) * groups;
      matrix.set_mxfp4_output(output,
                              reinterpret_cast<const std::uint8_t*>(block + row * kBlockBytes),
                              reinterpret_cast<const std::uint8_t*>(scale + row));
    }
  });
  release_pages({block, static_cast<std::size_t>(stack.outputs * groups * kBlockBytes)});
  return matrix;
}

std::vector<float> TensorReader::stacked_vector(const std::string& name, std::int64_t experts,
                                                std::int64_t size, std::int64_t expert,
                                                RowOrder order) {
  MatrixView view{.name = name,
                  .entry = take(name, {experts, size}),
                  .rows = experts,
                  .columns = size,
                  .row_stride = size};
  std::vector<float> stored(static_cast<std::size_t>(size));
  read_rows(view, expert, 1, stored.data());
  std::vector<float> ordered;
  for (std::int64_t i = 0; i < size; ++i) {
    ordered.push_back(stored[static_cast<std::size_t>(stored_row(i, size, order))]);
  }
  return ordered;
}

}  // namespace pagequest::model
