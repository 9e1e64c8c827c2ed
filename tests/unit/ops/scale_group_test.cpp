// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Groups of int8 and fp8 weights against a search through all codes.
#include "engine/ops/cpu/scale_group.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/e4m3.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

struct Group {
  float scale;
  std::vector<std::uint8_t> codes;
};

Group grouped(WeightType type, const std::vector<float>& weights) {
  Group group{0.0F, std::vector<std::uint8_t>(weights.size())};
  group.scale = to_codes(type, weights, group.codes.data());
  return group;
}

double value_of(WeightType type, std::uint8_t code) {
  return type == WeightType::int8 ? static_cast<std::int8_t>(code) : testing::e4m3_value(code);
}

/// How far the nearest code of all is from a weight.
double least_distance(WeightType type, double scale, double weight) {
  double least = std::numeric_limits<double>::infinity();
  for (unsigned code = 0; code < 256; ++code) {
    const double value = value_of(type, static_cast<std::uint8_t>(code));
    least = std::fmin(least, std::fabs(value * scale - weight));  // fmin passes over NaN
  }
  return least;
}

TEST_CASE("A code's value is that of its type's definition") {
  const auto type = GENERATE(WeightType::int8, WeightType::fp8);
  for (unsigned code = 0; code < 256; ++code) {
    const double expected = value_of(type, static_cast<std::uint8_t>(code));
    if (std::isnan(expected)) continue;
    CHECK(from_code(type, static_cast<std::uint8_t>(code)) == expected);
  }
}

TEST_CASE("Weights of a group get the nearest codes under their scale") {
  const auto type = GENERATE(WeightType::int8, WeightType::fp8);
  const std::int64_t count = GENERATE(1, 77, 128);
  const double scale = GENERATE(1e-30, 0.02, 1e30);
  const auto weights = random_floats(count, 3, scale);
  const Group group = grouped(type, weights);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double weight = weights[k];
    const double got = value_of(type, group.codes[k]) * group.scale;
    // The scale and the quotient are rounded to f32.
    const double rounding = 3e-7 * std::fabs(weight);
    REQUIRE(std::fabs(got - weight) <= least_distance(type, group.scale, weight) + rounding);
  }
}

TEST_CASE("The largest magnitude of a group takes the largest value of the type") {
  const auto [type, top] =
      GENERATE(table<WeightType, double>({{WeightType::int8, 127.0}, {WeightType::fp8, 448.0}}));
  const Group group = grouped(type, {0.25F, -3.0F, 1.0F});
  CHECK(value_of(type, group.codes[1]) == -top);
  CHECK(group.scale == Approx(3.0 / top));
}

TEST_CASE("Groups of zeros, or too small for a normal scale, are zeros") {
  const auto type = GENERATE(WeightType::int8, WeightType::fp8);
  const float weight = GENERATE(0.0F, 1e-44F, 1e-37F);
  const Group group = grouped(type, {weight, -weight});
  CHECK(group.scale == 0.0F);
  for (const std::uint8_t code : group.codes) CHECK(value_of(type, code) == 0.0);
}

}  // namespace
}  // namespace pagequest::ops::test
