// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// E4M3 against its definition and a search through all of its codes.
#include "engine/ops/cpu/fp8.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "tests/support/e4m3.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

using testing::e4m3_value;

constexpr std::uint8_t kCodes = 127;  // of one sign, without NaN; ascending values

/// The code whose value is the nearest to `value`; of two, the one with an even fraction.
std::uint8_t nearest_code(double value) {
  std::uint8_t best = 0;
  for (std::uint8_t code = 1; code < kCodes; ++code) {
    const double distance = std::fabs(std::fabs(value) - e4m3_value(code));
    const double least = std::fabs(std::fabs(value) - e4m3_value(best));
    if (distance < least || (distance == least && code % 2 == 0)) best = code;
  }
  return static_cast<std::uint8_t>(std::signbit(value) ? best | 0x80U : best);
}

TEST_CASE("Each E4M3 code has the value of the format's definition") {
  for (unsigned code = 0; code < 256; ++code) {
    CAPTURE(code);
    const double expected = e4m3_value(static_cast<std::uint8_t>(code));
    const float value = from_e4m3(static_cast<std::uint8_t>(code));
    CHECK(std::isnan(value) == std::isnan(expected));
    if (std::isnan(expected)) continue;
    CHECK(value == expected);
    CHECK(std::signbit(value) == (code >= 128U));
  }
}

TEST_CASE("The value of an E4M3 code rounds to that code") {
  for (unsigned code = 0; code < 256; ++code) {
    if ((code & kE4m3Magnitude) == kE4m3Magnitude) continue;
    CHECK(to_e4m3(from_e4m3(static_cast<std::uint8_t>(code))) == code);
  }
}

TEST_CASE("A float rounds to the nearest E4M3 code of all") {
  const double scale = GENERATE(1e-3, 0.01, 1.0, 30.0, 500.0);
  for (const float value : random_floats(2000, 1, scale)) {
    CAPTURE(value);
    REQUIRE(to_e4m3(value) == nearest_code(value));
  }
}

TEST_CASE("A float between two E4M3 codes rounds to the even one, its neighbours to the nearer") {
  for (std::uint8_t code = 0; code + 1 < kCodes; ++code) {
    const auto next = static_cast<std::uint8_t>(code + 1);
    const auto tie = static_cast<float>((e4m3_value(code) + e4m3_value(next)) / 2);
    CAPTURE(tie);
    for (const float sign : {1.0F, -1.0F}) {
      const unsigned bit = sign < 0 ? 0x80U : 0U;
      CHECK(to_e4m3(sign * tie) == ((code % 2 == 0 ? code : next) | bit));
      CHECK(to_e4m3(sign * std::nextafter(tie, 0.0F)) == (code | bit));
      CHECK(to_e4m3(sign * std::nextafter(tie, 1000.0F)) == (next | bit));
    }
  }
}

TEST_CASE("A float beyond E4M3 becomes its largest value of the same sign") {
  const float value = GENERATE(448.0F, 448.1F, 464.0F, 480.0F, 1e30F, INFINITY);
  CHECK(from_e4m3(to_e4m3(value)) == 448.0F);
  CHECK(from_e4m3(to_e4m3(-value)) == -448.0F);
}

}  // namespace
}  // namespace pagequest::ops::test
