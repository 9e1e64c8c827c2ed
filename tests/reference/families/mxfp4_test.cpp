// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// MXFP4 against the values of Transformers' convert_moe_packed_tensors in f32 (make_fixtures.py).
#include <cstring>

#include <catch2/catch.hpp>

#include "engine/model/safetensors.h"
#include "engine/ops/cpu/packed_matrix.h"
#include "tests/reference/families/fixture.h"

namespace pagequest::reference {
namespace {

TEST_CASE("MXFP4 weights are the bits that Transformers makes of them, under every finite scale") {
  const model::Safetensors file("tests/reference/families/mxfp4.safetensors");
  const model::Tensor& stored = file.tensors().at("blocks");  // (expert, row, group, 16)
  const auto blocks = values_of<std::uint8_t>(stored);
  const auto scales = values_of<std::uint8_t>(file.tensors().at("scales"));
  const auto values = values_of<float>(file.tensors().at("values"));
  const std::int64_t rows = stored.shape[0] * stored.shape[1];
  const std::int64_t groups = stored.shape[2];
  ops::PackedMatrix matrix(ops::WeightType::mxfp4, rows, groups * ops::kMxfp4Group);
  for (std::int64_t row = 0; row < rows; ++row) {
    matrix.set_mxfp4_output(row, &blocks[static_cast<std::size_t>(row * groups * 16)],
                            &scales[static_cast<std::size_t>(row * groups)]);
  }

  std::vector<float> found(values.size());
  for (std::int64_t row = 0; row < rows; ++row) {
    matrix.get_output(row, found.data() + row * matrix.inputs());
  }
  CHECK(std::memcmp(found.data(), values.data(), values.size() * sizeof(float)) == 0);
}

}  // namespace
}  // namespace pagequest::reference
