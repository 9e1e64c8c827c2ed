// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/policy_curve.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;

namespace {

PolicySettings settings(const std::string& name, std::int32_t budget = 0) {
  PolicySettings out;
  out.policy = {.name = name, .params = {}, .budget_tokens = budget};
  return out;
}

constexpr CurveLoad kLoad{.most_context = 12000, .prompt = 1000, .decode = 300, .response = 700};

}  // namespace

TEST_CASE("The curve of full is a line: context / page size") {
  const FootprintCurve curve = policy_curve(settings("full"), kLoad);
  CHECK(curve.knots.size() == 2);
  for (const double context : {100.0, 5000.0, 12000.0, 50000.0}) {
    CHECK(curve.pages(context) == Approx(context / 16).epsilon(0.002).margin(1.0));
    CHECK(curve.reads(context) == Approx(context).epsilon(0.002).margin(1.0));
  }
}

// Closed form: sinks and window, in whole pages.
TEST_CASE("The curve of streaming is flat at its budget once that is reached") {
  const CurveLoad decode_only{.most_context = 8000, .prompt = 100, .decode = 8000, .response = 0};
  const FootprintCurve curve = policy_curve(settings("streaming", 2048), decode_only, 2.0);
  CHECK(curve.pages(1000) == Approx(62.5).margin(3.0));
  for (const double context : {2500.0, 5000.0, 8000.0}) {
    CHECK(curve.at(context).live == Approx(2048).margin(48.0));
    CHECK(curve.pages(context) == Approx(128).margin(3.0));
    CHECK(curve.reads(context) == Approx(2048).margin(48.0));
  }
}

TEST_CASE("A curve is as near to every recorded point as it says") {
  for (const std::string name : {"h2o", "lazy", "tova", "snapkv"}) {
    const PolicySettings run = settings(name, 3072);
    const auto points =
        record_footprint(apply_policy(curve_session(kLoad), {}, run).session, 16, 64);
    std::size_t knots = points.size();
    for (const double tolerance : {2.0, 8.0, 40.0}) {
      const FootprintCurve curve = summarise_footprint(points, 16, tolerance);
      CHECK(curve.worst_pages_error <= tolerance);
      CHECK(curve.worst_reads_error <= 16 * tolerance);
      for (const FootprintPoint& point : points) {
        CHECK(std::abs(curve.pages(point.context) - point.pages) <= curve.worst_pages_error + 1e-9);
      }
      CHECK(curve.knots.size() <= knots);
      knots = curve.knots.size();
    }
  }
}

TEST_CASE("Tables and loads of curves say what they are") {
  const FootprintCurve curve = policy_curve(settings("streaming", 2048), kLoad);
  const ResultTable table = footprint_table(curve, "streaming");
  CHECK(table.rows().size() == curve.knots.size());
  CHECK_THROWS_WITH(curve_session({.most_context = 10, .prompt = 10}), Contains("most context"));
  CHECK_THROWS_WITH(policy_curve(settings("sidequest"), kLoad), Contains("needed later"));
}
