// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against the plain definitions in double precision (engine/ops/cpu/reference.h).
#include <algorithm>
#include <limits>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/reference.h"
#include "engine/ops/cpu/rope_table.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

TEST_CASE("The vectorised exponential is accurate to 2e-7 over all normal results") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  std::vector<float> x;
  for (double value = -87.3; value <= 88.0; value += 0.000487) {
    x.push_back(static_cast<float>(value));
  }
  std::vector<float> y = x;
  kernels->exp(y.data(), static_cast<std::int64_t>(y.size()));
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    worst = std::max(worst, std::abs(y[i] - exact) / exact);
  }
  CAPTURE(to_string(kernels->isa), worst);
  CHECK(worst < 2e-7);
}

TEST_CASE("The vectorised exponential is exact at its ends") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{-kInfinity, -1000.0F, -87.4F, 0.0F, -0.0F};
  kernels->exp(x.data(), 5);
  CHECK(x == std::vector<float>{0.0F, 0.0F, 0.0F, 1.0F, 1.0F});
}

TEST_CASE("RMSNorm of any width equals its definition") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const std::int64_t width = GENERATE(1, 7, 16, 48, 100, 192);
  const auto x = random_floats(3 * width, 1, 4.0);
  const auto weight = random_floats(width, 2);
  std::vector<float> y(x.size());
  kernels->rms_norm({.x = x.data(),
                     .rows = 3,
                     .stride = width,
                     .width = width,
                     .weight = weight.data(),
                     .epsilon = 1e-5F,
                     .out = y.data()});
  for (std::int64_t row = 0; row < 3; ++row) {
    const std::vector<float> one(x.begin() + row * width, x.begin() + (row + 1) * width);
    const auto expected = reference::rms_norm(one, weight, 1e-5);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(y[static_cast<std::size_t>(row * width) + i] == Approx(expected[i]).margin(1e-6));
    }
  }
}

TEST_CASE("Rotary embedding turns each pair by its angle") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const std::int64_t head_dim = GENERATE(8, 16, 64);
  const std::int64_t position = GENERATE(0, 1, 77, 4000);
  constexpr double kTheta = 1e6;
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < head_dim / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    frequencies.push_back(1.0F / static_cast<float>(std::pow(kTheta, exponent)));
  }
  RopeTable table(std::move(frequencies));
  table.reserve(position + 1);
  const auto x = random_floats(3 * head_dim, 1);
  std::vector<float> y = x;
  kernels->rope(y.data(), 3, head_dim, table.cosines(position), table.sines(position));
  for (std::int64_t head = 0; head < 3; ++head) {
    const std::vector<float> one(x.begin() + head * head_dim, x.begin() + (head + 1) * head_dim);
    const auto expected = reference::rope(one, position, kTheta);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(y[static_cast<std::size_t>(head * head_dim) + i] == Approx(expected[i]).margin(1e-6));
    }
  }
}

TEST_CASE("SwiGLU equals its definition, also in place and for large gates") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const std::int64_t width = GENERATE(1, 16, 37, 384);
  auto gate_up = random_floats(2 * width, 1, 30.0);
  gate_up.front() = 500.0F;
  const auto expected = reference::swiglu(gate_up);
  kernels->swiglu(gate_up.data(), width, gate_up.data());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(gate_up[i] == Approx(expected[i]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("The clamped product equals its formula, far beyond the clamps") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  for (const std::int64_t width : {1, 16, 67}) {
    auto gate_up = random_floats(2 * width, 12, 20.0);
    const auto expected = reference::clamped_swiglu(gate_up);
    kernels->clamped_swiglu(gate_up.data(), width, gate_up.data());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(gate_up[i] == Approx(expected[i]).epsilon(1e-6).margin(1e-6));
    }
  }
}

}  // namespace
}  // namespace pagequest::ops::test
