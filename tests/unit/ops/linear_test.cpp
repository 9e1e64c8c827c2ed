// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against the plain triple loop in double precision (engine/ops/cpu/reference.h) and OpenBLAS.
#include <algorithm>

#include <catch2/catch.hpp>
#include <cblas.h>

#include "engine/ops/cpu/packed_matrix.h"
#include "engine/ops/cpu/reference.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

struct Problem {
  std::int64_t rows, inputs, outputs;
};

std::vector<float> run(const Kernels& kernels, const Problem& problem, const std::vector<float>& x,
                       const std::vector<float>& weights, bool accumulate = false) {
  PackedMatrix packed(problem.outputs, problem.inputs);
  packed.set_outputs(0, weights.data(), problem.outputs);
  std::vector<float> y(static_cast<std::size_t>(problem.rows * packed.padded_outputs()), 0.5F);
  kernels.linear({.x = x.data(),
                  .rows = problem.rows,
                  .x_stride = problem.inputs,
                  .panels = packed.panels(),
                  .inputs = problem.inputs,
                  .panel_count = packed.panel_count(),
                  .y = y.data(),
                  .y_stride = packed.padded_outputs(),
                  .accumulate = accumulate});
  std::vector<float> out;
  for (std::int64_t row = 0; row < problem.rows; ++row) {
    const auto first = y.begin() + row * packed.padded_outputs();
    out.insert(out.end(), first, first + problem.outputs);
  }
  return out;
}

TEST_CASE("A linear layer of any size equals the plain loop") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const Problem problem = GENERATE(Problem{1, 8, 64}, Problem{1, 33, 65}, Problem{5, 17, 3},
                                   Problem{6, 64, 128}, Problem{7, 40, 200}, Problem{23, 96, 100});
  const auto x = random_floats(problem.rows * problem.inputs, 1);
  const auto weights = random_floats(problem.outputs * problem.inputs, 2);
  const auto expected =
      reference::linear(x, weights, problem.rows, problem.inputs, problem.outputs);
  const auto y = run(*kernels, problem, x, weights);
  const auto added = run(*kernels, problem, x, weights, /*accumulate=*/true);
  CAPTURE(to_string(kernels->isa), problem.rows, problem.inputs, problem.outputs);
  REQUIRE(y.size() == expected.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    REQUIRE(y[i] == Approx(expected[i]).margin(1e-5));
    REQUIRE(added[i] == Approx(expected[i] + 0.5).margin(1e-5));
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
  const auto y = run(*kernels, problem, x, weights);
  double worst = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected[i]));
  }
  CHECK(worst < 2e-5);
}

TEST_CASE("A row has the same bits in every batch") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  constexpr std::int64_t kInputs = 70;
  constexpr std::int64_t kOutputs = 130;
  const auto x = random_floats(20 * kInputs, 5);
  const auto weights = random_floats(kOutputs * kInputs, 6);
  const std::vector<float> row(x.begin() + 3 * kInputs, x.begin() + 4 * kInputs);
  const auto alone = run(*kernels, {1, kInputs, kOutputs}, row, weights);
  for (std::int64_t rows = 4; rows <= 20; ++rows) {
    const auto batch = run(*kernels, {rows, kInputs, kOutputs}, x, weights);
    CHECK(std::equal(alone.begin(), alone.end(), batch.begin() + 3 * kOutputs));
  }
}

}  // namespace
}  // namespace pagequest::ops::test
