// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a packed matrix gives back, against what was put into it.
#include "engine/ops/cpu/packed_matrix.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/bf16.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

constexpr std::int64_t kOutputs = 70;  // the second panel is not full

/// A stored output, in buffers that are poisoned and too long.
struct Stored {
  std::vector<std::uint8_t> weights;
  std::vector<std::uint8_t> scales;
};

constexpr std::uint8_t kPoison = 0xA5;

/// Takes the output's bytes, and requires that nothing behind them is written.
Stored stored_output(const PackedMatrix& matrix, std::int64_t output) {
  constexpr std::size_t kSpare = 64;
  const auto weight_bytes = static_cast<std::size_t>(matrix.stored_bytes());
  const auto scale_bytes = static_cast<std::size_t>(matrix.stored_scale_bytes());
  Stored stored{std::vector<std::uint8_t>(weight_bytes + kSpare, kPoison),
                std::vector<std::uint8_t>(scale_bytes + kSpare, kPoison)};
  matrix.get_stored_output(output, reinterpret_cast<std::byte*>(stored.weights.data()),
                           reinterpret_cast<std::byte*>(stored.scales.data()));
  for (std::size_t i = 0; i < kSpare; ++i) {
    REQUIRE(stored.weights[weight_bytes + i] == kPoison);
    REQUIRE(stored.scales[scale_bytes + i] == kPoison);
  }
  stored.weights.resize(weight_bytes);
  stored.scales.resize(scale_bytes);
  return stored;
}

template <class Element>
std::vector<Element> as(const std::vector<std::uint8_t>& bytes) {
  std::vector<Element> elements(bytes.size() / sizeof(Element));
  std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}

std::vector<std::uint8_t> random_bytes(std::int64_t count, Rng& rng) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(rng.next()));
  return bytes;
}

TEST_CASE("A stored output of an f32 or bf16 matrix is the row that was put in, rounded") {
  const std::int64_t inputs = GENERATE(1, 8, 33, 130);
  const auto weights = random_floats(kOutputs * inputs, 1);
  PackedMatrix wide(WeightType::f32, kOutputs, inputs);
  PackedMatrix narrow(WeightType::bf16, kOutputs, inputs);
  wide.set_outputs(0, weights.data(), kOutputs);
  narrow.set_outputs(0, weights.data(), kOutputs);
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    const auto floats = as<float>(stored_output(wide, output).weights);
    const auto halves = as<std::uint16_t>(stored_output(narrow, output).weights);
    REQUIRE(static_cast<std::int64_t>(floats.size()) == inputs);
    REQUIRE(static_cast<std::int64_t>(halves.size()) == inputs);
    for (std::int64_t k = 0; k < inputs; ++k) {
      const float expected = weights[static_cast<std::size_t>(output * inputs + k)];
      REQUIRE(floats[static_cast<std::size_t>(k)] == expected);
      REQUIRE(halves[static_cast<std::size_t>(k)] == to_bf16(expected));
    }
  }
}

TEST_CASE("A stored output of an int8 matrix is the row in steps of its groups' scales") {
  const std::int64_t inputs = GENERATE(5, 128, 300);
  const auto weights = random_floats(kOutputs * inputs, 2);
  PackedMatrix matrix(WeightType::int8, kOutputs, inputs);
  matrix.set_outputs(0, weights.data(), kOutputs);
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    const Stored stored = stored_output(matrix, output);
    const auto scales = as<float>(stored.scales);
    REQUIRE(static_cast<std::int64_t>(scales.size()) == (inputs + 127) / 128);
    const auto steps = as<std::int8_t>(stored.weights);
    for (std::int64_t k = 0; k < inputs; ++k) {
      const float scale = scales[static_cast<std::size_t>(k / 128)];
      const float weight = weights[static_cast<std::size_t>(output * inputs + k)];
      REQUIRE(std::abs(static_cast<float>(steps[static_cast<std::size_t>(k)]) * scale - weight) <=
              0.5001F * scale);
    }
  }
}

TEST_CASE("A stored output of an fp8 matrix is the codes and scales that were put in") {
  const std::int64_t inputs = GENERATE(5, 128, 300);
  Rng rng(4);
  PackedMatrix matrix(WeightType::fp8, kOutputs, inputs);
  std::vector<Stored> given;
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    given.push_back({random_bytes(inputs, rng), random_bytes((inputs + 127) / 128 * 4, rng)});
    const auto scales = as<float>(given.back().scales);
    matrix.set_fp8_output(output, given.back().weights.data(), scales.data());
  }
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    const Stored stored = stored_output(matrix, output);
    REQUIRE(stored.weights == given[static_cast<std::size_t>(output)].weights);
    REQUIRE(stored.scales == given[static_cast<std::size_t>(output)].scales);
  }
}

TEST_CASE("A stored output of an mxfp4 matrix is the checkpoint's blocks and scales") {
  constexpr std::int64_t kInputs = 96;
  Rng rng(3);
  PackedMatrix matrix(WeightType::mxfp4, kOutputs, kInputs);
  std::vector<Stored> given;
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    given.push_back({random_bytes(kInputs / 2, rng), random_bytes(kInputs / 32, rng)});
    matrix.set_mxfp4_output(output, given.back().weights.data(), given.back().scales.data());
  }
  for (std::int64_t output = 0; output < kOutputs; ++output) {
    const Stored stored = stored_output(matrix, output);
    REQUIRE(stored.weights == given[static_cast<std::size_t>(output)].weights);
    REQUIRE(stored.scales == given[static_cast<std::size_t>(output)].scales);
  }
}

}  // namespace
}  // namespace pagequest::ops::test
