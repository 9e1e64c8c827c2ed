// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/gpu/weights.h"

namespace pagequest::gpu_test {
namespace {

using ops::PackedMatrix;
using ops::WeightType;

constexpr WeightType kPackedTypes[] = {WeightType::f32, WeightType::bf16, WeightType::int8,
                                       WeightType::fp8, WeightType::mxfp4};

PackedMatrix random_packed(Rng& rng, WeightType type, std::int64_t outputs, std::int64_t inputs) {
  PackedMatrix matrix(type, outputs, inputs);
  if (type != WeightType::mxfp4) {
    const auto rows = random_floats(rng, static_cast<std::size_t>(outputs * inputs));
    matrix.set_outputs(0, rows.data(), outputs);
    return matrix;
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    std::vector<std::uint8_t> blocks(static_cast<std::size_t>(inputs / 2));
    std::vector<std::uint8_t> scales(static_cast<std::size_t>(inputs / 32));
    for (auto& block : blocks) block = static_cast<std::uint8_t>(rng.below(256));
    for (auto& scale : scales) scale = static_cast<std::uint8_t>(100 + rng.below(40));
    matrix.set_mxfp4_output(o, blocks.data(), scales.data());
  }
  return matrix;
}

/// Whether matrix number `index` of the device's memory decodes to what the processor's holds, and
/// rows are padded with zeros.
bool holds(const PackedMatrix& matrix, const gpu::DeviceMatrix& device, std::int64_t index) {
  const gpu::ExpertMatrices all = device.experts(nullptr);
  const gpu::MatrixView& view = all.first;
  const gpu::Stream stream;
  const gpu::PinnedBuffer data(view.outputs * view.row_bytes);
  const gpu::PinnedBuffer scales(view.outputs * view.scale_stride);
  stream.to_host(data.data(), view.data + index * all.expert_bytes, data.bytes());
  if (scales.bytes() > 0) {
    stream.to_host(scales.data(), view.scales + index * all.expert_scale_bytes, scales.bytes());
  }
  stream.synchronise();
  std::vector<float> expected(static_cast<std::size_t>(view.inputs));
  for (std::int64_t o = 0; o < view.outputs; ++o) {
    matrix.get_output(o, expected.data());
    const std::byte* row = data.data() + o * view.row_bytes;
    const auto got = decode_row(view.type, view.inputs, row, scales.data() + o * view.scale_stride);
    for (std::size_t k = 0; k < got.size(); ++k) {
      if (static_cast<float>(got[k]) != expected[k]) return false;
    }
    const std::int64_t bits = view.type == MatrixType::f32     ? 32
                              : view.type == MatrixType::bf16  ? 16
                              : view.type == MatrixType::mxfp4 ? 4
                                                               : 8;
    for (std::int64_t at = view.inputs * bits / 8; at < view.row_bytes; ++at) {
      if (row[at] != std::byte{0}) return false;
    }
  }
  return true;
}

TEST_CASE("A packed matrix arrives on the device row by row", "[gpu]") {
  Rng rng(1);
  for (const WeightType type : kPackedTypes) {
    for (const std::int64_t outputs : {1, 64, 131}) {
      const std::int64_t inputs =
          type == WeightType::mxfp4 ? 32 * rng.between(1, 9) : rng.between(1, 300);
      INFO(to_string(type) << ", " << outputs << " outputs, " << inputs << " inputs");
      const PackedMatrix matrix = random_packed(rng, type, outputs, inputs);
      const gpu::Stream stream;
      gpu::Uploader uploader(stream, 3000);
      const gpu::DeviceMatrix device(matrix, uploader);
      stream.synchronise();
      CHECK(device.view().outputs == outputs);
      CHECK(device.view().row_bytes % 16 == 0);
      CHECK(holds(matrix, device, 0));
    }
  }
}

TEST_CASE("Matrices of experts lie one behind the other", "[gpu]") {
  Rng rng(2);
  for (const WeightType type : kPackedTypes) {
    std::vector<PackedMatrix> matrices;
    for (int e = 0; e < 3; ++e) matrices.push_back(random_packed(rng, type, 70, 160));
    const std::vector<const PackedMatrix*> all = {&matrices[0], &matrices[1], &matrices[2]};
    const gpu::Stream stream;
    gpu::Uploader uploader(stream, 5000);
    const gpu::DeviceMatrix device(all, uploader);
    stream.synchronise();
    for (std::int64_t e = 0; e < 3; ++e) {
      INFO(to_string(type) << ", matrix " << e);
      CHECK(holds(matrices[static_cast<std::size_t>(e)], device, e));
    }
  }
}

TEST_CASE("Any memory is uploaded in pieces", "[gpu]") {
  Rng rng(3);
  const gpu::Stream stream;
  gpu::Uploader uploader(stream, 1000);
  for (const std::size_t count : {1, 250, 251, 2003}) {
    const auto values = random_floats(rng, count);
    const gpu::DeviceBuffer buffer = output<float>(count);
    uploader.copy(buffer.data(), values.data(), buffer.bytes());
    CHECK(download<float>(buffer, count, stream) == values);
  }
}

TEST_CASE("A row longer than a piece is uploaded", "[gpu]") {
  Rng rng(4);
  Weights weights = random_weights(rng, MatrixType::f32, 3, 2000);
  const gpu::DeviceMatrix device = weights.on_device();
  const gpu::Stream stream;
  const gpu::PinnedBuffer data(3 * device.view().row_bytes);
  stream.to_host(data.data(), device.view().data, data.bytes());
  stream.synchronise();
  CHECK(std::memcmp(data.data(), weights.data.data(), weights.data.size()) == 0);
}

}  // namespace
}  // namespace pagequest::gpu_test
