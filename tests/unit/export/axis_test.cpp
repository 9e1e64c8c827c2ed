// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/axis.h"

#include <catch2/catch.hpp>

namespace pagequest::notebooks_export {
namespace {

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> out;
  for (const auto& tick : axis.ticks()) out.push_back(tick.label);
  return out;
}

using Labels = std::vector<std::string>;

TEST_CASE("ticks are round numbers that cover the data") {
  CHECK(labels(Axis({0, 1203, false, true}, "tokens", 5)) ==
        Labels{"0", "250", "500", "750", "1,000", "1,250"});
  CHECK(labels(Axis({-0.3, 0.7, false, true}, "", 5)) ==
        Labels{"-0.4", "-0.2", "0.0", "0.2", "0.4", "0.6", "0.8"});
}

TEST_CASE("ticks of an axis that must not grow stay inside the data") {
  const Axis axis({3, 97, false, false}, "s", 5);
  CHECK(labels(axis) == Labels{"20", "40", "60", "80"});
  CHECK(axis.fraction(3) == 0);
  CHECK(axis.fraction(97) == 1);
  CHECK(axis.fraction(50) == Approx(0.5));
}

TEST_CASE("shares are labelled in percent") {
  const Axis axis({0, 1, false, true}, "share of episodes", 5);
  CHECK(labels(axis) == Labels{"0", "20", "40", "60", "80", "100"});
  CHECK(axis.unit() == "% of episodes");
  CHECK(axis.ticks()[1].value == Approx(0.2));
}

TEST_CASE("large numbers are labelled short, bytes in powers of 1024") {
  CHECK(labels(Axis({0, 18411, false, true}, "tokens/s", 5)) ==
        Labels{"0", "5k", "10k", "15k", "20k"});
  CHECK(labels(Axis({0, 3e7, false, true}, "", 4)) == Labels{"0", "10M", "20M", "30M"});
  const Axis bytes({0, 40.0 * 1024 * 1024 * 1024, false, true}, "bytes", 5);
  CHECK(bytes.unit() == "GiB");
  CHECK(labels(bytes) == Labels{"0", "10", "20", "30", "40"});
}

TEST_CASE("a logarithmic axis has its ticks at powers of ten, or denser on short ranges") {
  CHECK(labels(Axis({1, 1e5, true, false}, "", 5)) ==
        Labels{"1", "10", "100", "1,000", "10k", "100k"});
  const Axis dense({2, 60, true, false}, "", 5);
  CHECK(labels(dense) == Labels{"2", "5", "10", "20", "50"});
  CHECK(dense.fraction(2) == Approx(0).margin(1e-12));
  CHECK(dense.fraction(60) == Approx(1));
}

TEST_CASE("a single value still gets an axis with a length") {
  const Axis axis({7, 7, false, true}, "", 5);
  CHECK(axis.fraction(7) > 0);
  CHECK(axis.fraction(7) < 1.01);
  CHECK(Axis({0, 0, false, true}, "", 5).fraction(0) == 0);
}

TEST_CASE("ticks ascend, and every one lies on the axis") {
  const auto high = GENERATE(0.00031, 0.7, 1.0, 3.3, 99.0, 100.0, 12345.0, 8.7e9);
  const Axis axis({0, high, false, true}, "", 6);
  REQUIRE(axis.ticks().size() >= 3);
  REQUIRE(axis.ticks().size() <= 13);
  for (std::size_t i = 0; i < axis.ticks().size(); ++i) {
    CHECK(axis.fraction(axis.ticks()[i].value) >= -1e-9);
    CHECK(axis.fraction(axis.ticks()[i].value) <= 1 + 1e-9);
    if (i > 0) CHECK(axis.ticks()[i - 1].value < axis.ticks()[i].value);
    if (i > 0) CHECK(axis.ticks()[i - 1].label != axis.ticks()[i].label);
  }
}

}  // namespace
}  // namespace pagequest::notebooks_export
