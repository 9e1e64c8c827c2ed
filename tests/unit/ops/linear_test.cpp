// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against the plain triple loop in double precision (engine/ops/cpu/reference.h) and OpenBLAS.
#include <algorithm>

#include <catch2/catch.hpp>
#include <cblas.h>

#include "engine/ops/cpu/bf16.h"
#include "engine/ops/cpu/packed_matrix.h"
#include "engine/ops/cpu/reference.h"
#include "tests/support/e4m3.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

struct Problem {
  std::int64_t rows, inputs, outputs;
};

PackedMatrix pack(const Problem& problem, WeightType type, const std::vector<float>& weights) {
  PackedMatrix packed(type, problem.outputs, problem.inputs);
  packed.set_outputs(0, weights.data(), problem.outputs);
  return packed;
}

std::vector<float> run(const Kernels& kernels, const Problem& problem, const std::vector<float>& x,
                       const PackedMatrix& packed, bool accumulate = false, bool precise = false) {
  std::vector<float> y(static_cast<std::size_t>(problem.rows * packed.padded_outputs()), 0.5F);
  std::vector<float> scratch(static_cast<std::size_t>(linear_scratch_floats(problem.inputs)));
  kernels.linear({.x = x.data(),
                  .rows = problem.rows,
                  .x_stride = problem.inputs,
                  .type = packed.type(),
                  .panels = packed.panels(),
                  .scales = packed.scales(),
                  .panel_stride = packed.panel_bytes(),
                  .scale_stride = packed.panel_scale_bytes(),
                  .inputs = problem.inputs,
                  .panel_count = packed.panel_count(),
                  .y = y.data(),
                  .y_stride = packed.padded_outputs(),
                  .accumulate = accumulate,
                  .precise = precise,
                  .scratch = scratch.data()});
  std::vector<float> out;
  for (std::int64_t row = 0; row < problem.rows; ++row) {
    const auto first = y.begin() + row * packed.padded_outputs();
    out.insert(out.end(), first, first + problem.outputs);
  }
  return out;
}

/// The weights as the matrix stores them, row by row.
std::vector<float> stored(const PackedMatrix& packed) {
  std::vector<float> rows(static_cast<std::size_t>(packed.outputs() * packed.inputs()));
  for (std::int64_t i = 0; i < packed.outputs(); ++i) {
    packed.get_output(i, rows.data() + i * packed.inputs());
  }
  return rows;
}

/// Activations as a kernel sees them beside bf16 weights.
std::vector<float> seen(const Kernels& kernels, WeightType type, std::vector<float> x) {
  if (kernels.isa == Isa::avx512_bf16 && type == WeightType::bf16) {
    for (float& value : x) value = from_bf16(to_bf16(value));
  }
  return x;
}

TEST_CASE("A linear layer of any size and type equals the plain loop over its stored weights") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const WeightType type =
      GENERATE(WeightType::f32, WeightType::bf16, WeightType::int8, WeightType::fp8);
  const Problem problem =
      GENERATE(Problem{1, 8, 64}, Problem{1, 33, 65}, Problem{5, 17, 3}, Problem{6, 64, 128},
               Problem{7, 300, 200}, Problem{23, 96, 100}, Problem{100, 34, 70});
  const auto x = random_floats(problem.rows * problem.inputs, 1);
  const auto packed = pack(problem, type, random_floats(problem.outputs * problem.inputs, 2));
  const auto expected = reference::linear(seen(*kernels, type, x), stored(packed), problem.rows,
                                          problem.inputs, problem.outputs);
  const auto y = run(*kernels, problem, x, packed);
  const auto added = run(*kernels, problem, x, packed, /*accumulate=*/true);
  CAPTURE(to_string(kernels->isa), to_string(type), problem.rows, problem.inputs, problem.outputs);
  REQUIRE(y.size() == expected.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    REQUIRE(y[i] == Approx(expected[i]).margin(2e-5));
    REQUIRE(added[i] == Approx(expected[i] + 0.5).margin(2e-5));
  }
}

TEST_CASE("A precise linear layer does not round its inputs to bf16") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const Problem problem = GENERATE(Problem{1, 300, 70}, Problem{60, 41, 64});
  const auto x = random_floats(problem.rows * problem.inputs, 1);
  const auto packed =
      pack(problem, WeightType::bf16, random_floats(problem.outputs * problem.inputs, 2));
  const auto expected =
      reference::linear(x, stored(packed), problem.rows, problem.inputs, problem.outputs);
  const auto y = run(*kernels, problem, x, packed, /*accumulate=*/false, /*precise=*/true);
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == Approx(expected[i]).margin(2e-4));
}

TEST_CASE("A linear layer over MXFP4 blocks equals the plain loop over their exact values") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const Problem problem = GENERATE(Problem{1, 64, 70}, Problem{9, 96, 128});
  const auto x = random_floats(problem.rows * problem.inputs, 3);
  PackedMatrix packed(WeightType::mxfp4, problem.outputs, problem.inputs);
  Rng rng(4);
  for (std::int64_t i = 0; i < problem.outputs; ++i) {
    std::vector<std::uint8_t> blocks(static_cast<std::size_t>(problem.inputs / 2));
    std::vector<std::uint8_t> scales(static_cast<std::size_t>(problem.inputs / kMxfp4Group));
    for (auto& block : blocks) block = static_cast<std::uint8_t>(rng.below(256));
    for (auto& scale : scales) scale = static_cast<std::uint8_t>(122 + rng.below(6));
    packed.set_mxfp4_output(i, blocks.data(), scales.data());
  }
  const auto expected =
      reference::linear(x, stored(packed), problem.rows, problem.inputs, problem.outputs);
  const auto y = run(*kernels, problem, x, packed);
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == Approx(expected[i]).margin(1e-4));
}

TEST_CASE(
    "A linear layer over E4M3 codes of any kind equals the plain loop over their definition") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const Problem problem = GENERATE(Problem{1, 300, 70}, Problem{9, 129, 128}, Problem{3, 5, 1});
  const auto x = random_floats(problem.rows * problem.inputs, 3);
  const auto groups = (problem.inputs + kScaleGroup - 1) / kScaleGroup;
  PackedMatrix packed(WeightType::fp8, problem.outputs, problem.inputs);
  std::vector<float> weights;
  Rng rng(5);
  for (std::int64_t i = 0; i < problem.outputs; ++i) {
    std::vector<std::uint8_t> codes;
    const auto scales = random_floats(groups, static_cast<std::uint64_t>(i), 0.01);
    for (std::int64_t k = 0; k < problem.inputs; ++k) {
      codes.push_back(static_cast<std::uint8_t>(rng.below(2) * 128 + rng.below(127)));
      const double scale = scales[static_cast<std::size_t>(k / kScaleGroup)];
      weights.push_back(static_cast<float>(testing::e4m3_value(codes.back()) * scale));
    }
    packed.set_fp8_output(i, codes.data(), scales.data());
  }
  REQUIRE(stored(packed) == weights);
  const auto expected =
      reference::linear(x, weights, problem.rows, problem.inputs, problem.outputs);
  const auto y = run(*kernels, problem, x, packed);
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == Approx(expected[i]).margin(1e-4));
}

TEST_CASE("Every kernel reads each E4M3 code as exactly its value") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  constexpr std::int64_t kCodes = 256;
  PackedMatrix packed(WeightType::fp8, kCodes, 1);
  const float scale = 1.0F;
  for (std::int64_t code = 0; code < kCodes; ++code) {
    const auto stored_code = static_cast<std::uint8_t>((code & 127) == 127 ? 0 : code);
    packed.set_fp8_output(code, &stored_code, &scale);
  }
  CHECK(run(*kernels, {1, 1, kCodes}, {1.0F}, packed) == stored(packed));
}

TEST_CASE("Stored bf16 weights are the nearest ones, int8 weights within half a step") {
  const Problem problem{1, 300, 70};
  const auto weights = random_floats(problem.outputs * problem.inputs, 8);
  const auto bf16 = stored(pack(problem, WeightType::bf16, weights));
  const auto int8 = stored(pack(problem, WeightType::int8, weights));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    REQUIRE(std::abs(bf16[i] - weights[i]) <= std::abs(weights[i]) / 256.0F);
    REQUIRE(std::abs(int8[i] - weights[i]) <= 0.5001F / 127.0F);
  }
}

TEST_CASE("A linear layer agrees with OpenBLAS") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const Problem problem{32, 192, 768};
  const auto x = random_floats(problem.rows * problem.inputs, 3);
  const auto weights = random_floats(problem.outputs * problem.inputs, 4);
  std::vector<float> expected(static_cast<std::size_t>(problem.rows * problem.outputs));
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 32, 768, 192, 1.0F, x.data(), 192,
              weights.data(), 192, 0.0F, expected.data(), 768);
  const auto y = run(*kernels, problem, x, pack(problem, WeightType::f32, weights));
  double worst = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected[i]));
  }
  CHECK(worst < 2e-5);
}

TEST_CASE("A row has the same bits in every batch") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const WeightType type =
      GENERATE(WeightType::f32, WeightType::bf16, WeightType::int8, WeightType::fp8);
  constexpr std::int64_t kInputs = 70;
  constexpr std::int64_t kOutputs = 130;
  const auto x = random_floats(120 * kInputs, 5);
  const auto packed = pack({1, kInputs, kOutputs}, type, random_floats(kOutputs * kInputs, 6));
  const std::vector<float> row(x.begin() + 3 * kInputs, x.begin() + 4 * kInputs);
  const auto alone = run(*kernels, {1, kInputs, kOutputs}, row, packed);
  for (const std::int64_t rows : {4, 5, 6, 7, 11, 12, 20, 97, 120}) {
    const auto batch = run(*kernels, {rows, kInputs, kOutputs}, x, packed);
    CHECK(std::equal(alone.begin(), alone.end(), batch.begin() + 3 * kOutputs));
  }
}

}  // namespace
}  // namespace pagequest::ops::test
