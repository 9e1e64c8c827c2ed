// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The factors of F8_E4M3 tensors.
#include <limits>

#include "base/error.h"
#include "engine/model/tensor_reader.h"

namespace pagequest::model {
namespace {

constexpr std::int64_t kBlock = 128;
constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<BlockScales> TensorReader::block_scales(const std::string& name, std::int64_t rows,
                                                      std::int64_t columns) {
  const std::string inverse = name + "_scale_inv";
  if (!has(inverse)) return std::nullopt;
  const std::int64_t down = (rows + kBlock - 1) / kBlock;
  const std::int64_t across = (columns + kBlock - 1) / kBlock;
  const Checkpoint::Entry entry = take(inverse, {down, across});
  return BlockScales{to_floats(*entry.file, inverse, *entry.tensor), kBlock, kBlock, across};
}

std::optional<BlockScales> TensorReader::row_scales(const std::string& name, std::int64_t rows) {
  const std::string plain = name + "_scale";
  if (!has(plain)) return std::nullopt;
  const Shape& shape = checkpoint_.tensors().at(plain).tensor->shape;
  const bool single = shape.empty() || shape == Shape{1} || shape == Shape{1, 1};
  const Shape expected = single ? shape : shape.size() == 1 ? Shape{rows} : Shape{rows, 1};
  const Checkpoint::Entry entry = take(plain, expected);
  return BlockScales{to_floats(*entry.file, plain, *entry.tensor), single ? kAll : 1, kAll, 1};
}

BlockScales TensorReader::scales_of(const std::string& name, std::int64_t rows,
                                    std::int64_t columns) {
  if (auto scales = block_scales(name, rows, columns)) return *scales;
  if (auto scales = row_scales(name, rows)) return *scales;
  throw input_error({.what = "tensor `" + name + "` has no scale",
                     .where = checkpoint_.tensors().at(name).file->path().string(),
                     .found = "F8_E4M3 elements",
                     .expected = "a tensor `" + name + "_scale_inv` or `" + name + "_scale`",
                     .hint = {}});
}

}  // namespace pagequest::model
