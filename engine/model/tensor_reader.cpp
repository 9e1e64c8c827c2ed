// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tensor_reader.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "base/error.h"

namespace pagequest::model {
namespace {

int load_threads() {
  constexpr unsigned kMost = 8;  // more wait for memory
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, kMost));
}

std::string to_string(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + "]";
}

/// Rows that a thread takes at a time: a few MiB of the file.
std::int64_t rows_at_once(std::int64_t columns) {
  constexpr std::int64_t kElements = 1 << 20;
  constexpr std::int64_t kPanel = 16;  // whole panels, so that threads rarely share a cache line
  return std::max(kElements / columns / kPanel, std::int64_t{1}) * kPanel;
}

bool is_scaled_e4m3(const MatrixView& view) {
  return view.entry.tensor->dtype == "F8_E4M3" && !view.scales.values.empty();
}

template <class Element>
std::vector<Element> elements(std::int64_t count) {
  return std::vector<Element>(static_cast<std::size_t>(count));
}

void pack_floats(const MatrixView& view, std::int64_t first, std::int64_t count,
                 std::int64_t first_output, ops::PackedMatrix& matrix) {
  auto rows = elements<float>(count * view.columns);
  read_rows(view, first, count, rows.data());
  matrix.set_outputs(first_output + first, rows.data(), count);
}

void pack_bf16(const MatrixView& view, std::int64_t first, std::int64_t count,
               std::int64_t first_output, ops::PackedMatrix& matrix) {
  auto rows = elements<std::uint16_t>(count * view.columns);
  read_bf16_rows(view, first, count, rows.data());
  matrix.set_bf16_outputs(first_output + first, rows.data(), count);
}

void pack_e4m3(const MatrixView& view, std::int64_t first, std::int64_t count,
               std::int64_t first_output, ops::PackedMatrix& matrix) {
  const std::int64_t groups = (view.columns + ops::kScaleGroup - 1) / ops::kScaleGroup;
  auto codes = elements<std::uint8_t>(count * view.columns);
  auto factors = elements<float>(count * groups);
  read_e4m3_rows(view, first, count, codes.data(), factors.data());
  for (std::int64_t row = 0; row < count; ++row) {
    matrix.set_fp8_output(first_output + first + row, codes.data() + row * view.columns,
                          factors.data() + row * groups);
  }
}

void pack_rows(const MatrixView& view, std::int64_t first, std::int64_t count,
               std::int64_t first_output, ops::PackedMatrix& matrix) {
  const std::string& dtype = view.entry.tensor->dtype;
  if (matrix.type() == ops::WeightType::bf16 && dtype == "BF16") {
    pack_bf16(view, first, count, first_output, matrix);
  } else if (matrix.type() == ops::WeightType::fp8 && is_scaled_e4m3(view)) {
    pack_e4m3(view, first, count, first_output, matrix);
  } else {
    pack_floats(view, first, count, first_output, matrix);
  }
  if (view.contiguous()) release_rows(view, first, count);
}

}  // namespace

ops::WeightType TensorReader::packed_type(const std::vector<MatrixView>& parts,
                                          Precision precision) const {
  const std::optional<ops::WeightType> rounded = type_of(options_.storage);
  if (rounded && precision == Precision::quantisable) return *rounded;
  if (std::ranges::all_of(parts, is_scaled_e4m3)) return ops::WeightType::fp8;
  const bool wide = std::any_of(parts.begin(), parts.end(), [](const MatrixView& part) {
    const std::string& dtype = part.entry.tensor->dtype;
    return dtype == "F32" || dtype == "F16";
  });
  return wide ? ops::WeightType::f32 : ops::WeightType::bf16;
}

TensorReader::TensorReader(const Checkpoint& checkpoint, const LoadOptions& options)
    : checkpoint_(checkpoint), options_(options), pool_(load_threads()) {}

bool TensorReader::has(const std::string& name) const {
  return checkpoint_.tensors().contains(name);
}

Error TensorReader::shape_error(const std::string& name, const std::string& found,
                                const Shape& expected) const {
  const bool there = has(name);
  return input_error(
      {.what =
           (there ? "tensor `" : "missing tensor `") + name + (there ? "` has another shape" : "`"),
       .where = (there ? checkpoint_.tensors().at(name).file->path() : checkpoint_.path()).string(),
       .found = found,
       .expected = to_string(expected),
       .hint = "config.json and the weights must belong together"});
}

Checkpoint::Entry TensorReader::take(const std::string& name, const Shape& shape) {
  const auto at = checkpoint_.tensors().find(name);
  if (at == checkpoint_.tensors().end()) throw shape_error(name, {}, shape);
  if (at->second.tensor->shape != shape) {
    throw shape_error(name, to_string(at->second.tensor->shape), shape);
  }
  taken_.insert(name);
  return at->second;
}

std::vector<float> TensorReader::vector(const std::string& name, std::int64_t size) {
  const Checkpoint::Entry entry = take(name, {size});
  return to_floats(*entry.file, name, *entry.tensor);
}

MatrixView TensorReader::whole(const std::string& name, std::int64_t rows, std::int64_t columns) {
  const std::string weight = name + ".weight";
  MatrixView view{.name = weight,
                  .entry = take(weight, {rows, columns}),
                  .rows = rows,
                  .columns = columns,
                  .row_stride = columns};
  if (view.entry.tensor->dtype == "F8_E4M3") view.scales = scales_of(weight, rows, columns);
  return view;
}

ops::PackedMatrix TensorReader::matrix(const std::vector<LinearPart>& parts, std::int64_t inputs,
                                       Precision precision) {
  std::vector<MatrixView> views;
  std::int64_t outputs = 0;
  for (const LinearPart& part : parts) {
    views.push_back(whole(part.name, part.outputs, inputs));
    outputs += part.outputs;
  }
  ops::PackedMatrix packed(packed_type(views, precision), outputs, inputs);
  std::int64_t first = 0;
  for (const MatrixView& view : views) {
    pack(view, first, packed);
    first += view.rows;
  }
  return packed;
}

LinearWeights TensorReader::linear(const std::vector<LinearPart>& parts, std::int64_t inputs,
                                   bool bias, Precision precision) {
  LinearWeights weights{matrix(parts, inputs, precision), {}};
  if (!bias) return weights;
  for (const LinearPart& part : parts) {
    const std::vector<float> values = vector(part.name + ".bias", part.outputs);
    weights.bias.insert(weights.bias.end(), values.begin(), values.end());
  }
  return weights;
}

void TensorReader::pack(const MatrixView& view, std::int64_t first_output,
                        ops::PackedMatrix& matrix) {
  const std::int64_t block = rows_at_once(view.columns);
  const std::int64_t blocks = (view.rows + block - 1) / block;
  pool_.run(blocks, [&](std::int64_t index, std::int64_t) {
    const std::int64_t first = index * block;
    pack_rows(view, first, std::min(block, view.rows - first), first_output, matrix);
  });
}

std::vector<std::string> TensorReader::left_over() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : checkpoint_.tensors()) {
    if (!taken_.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace pagequest::model
