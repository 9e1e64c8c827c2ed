// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/calibration.h"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/bench/calibration_json.h"
#include "engine/model/random_model.h"

namespace {

using namespace pagequest;
using bench::BatchKind;
using bench::BatchPoint;
using bench::calibrate;
using bench::Calibration;
using bench::CalibrationPlan;
using bench::points_of;
using bench::PointTime;

model::Model tiny() {
  return model::random_model(model::named_geometry("tiny"), 1, ops::WeightType::bf16);
}

CalibrationPlan small_plan() {
  return {.batches = {3, 1},
          .contexts = {40, 24},
          .chunks = {8, 5},
          .mixed_batches = {2},
          .mixed_chunks = {4},
          .repetitions = 3};
}

bool goes_on(std::int64_t /*done*/, std::int64_t /*planned*/) { return true; }

Calibration measured(const CalibrationPlan& plan) {
  return calibrate(tiny(), {.page_size = 16, .threads = 1}, plan, goes_on);
}

// The lists' products, written out by hand.
TEST_CASE("The points are all combinations at each context, shallow ones first",
          "[bench][calibration]") {
  const std::vector<BatchPoint> expected = {
      {BatchKind::decode, 1, 24, 0},  {BatchKind::decode, 3, 24, 0},
      {BatchKind::prefill, 0, 24, 5}, {BatchKind::prefill, 0, 24, 8},
      {BatchKind::mixed, 2, 24, 4},   {BatchKind::decode, 1, 40, 0},
      {BatchKind::decode, 3, 40, 0},  {BatchKind::prefill, 0, 40, 5},
      {BatchKind::prefill, 0, 40, 8}, {BatchKind::mixed, 2, 40, 4}};
  CHECK(points_of(small_plan(), 1000) == expected);
}

TEST_CASE("What goes beyond the model's positions is left out of the points",
          "[bench][calibration]") {
  auto plan = small_plan();
  plan.contexts = {24, 200};
  plan.chunks = {8, 160};
  const auto points = points_of(plan, 210);
  CHECK(std::ranges::all_of(points, [](const auto& point) { return point.context == 24; }));
  CHECK(std::ranges::any_of(points, [](const auto& point) { return point.tokens == 160; }));
  CHECK_THROWS_AS(points_of(plan, 20), Error);
}

TEST_CASE("Batches that hold too many tokens together are left out of the points",
          "[bench][calibration]") {
  auto plan = small_plan();
  plan.most_tokens = 3 * 24;
  const auto points = points_of(plan, 1000);
  // Of the deeper context only the batches of three and of two hold more.
  CHECK(points.size() == 10 - 2);
  CHECK(std::ranges::all_of(points, [](const auto& p) { return p.batch * p.context <= 72; }));
}

TEST_CASE("A list with a value below 1 is a usage error", "[bench][calibration]") {
  const auto fails = [](const auto& change) {
    auto plan = small_plan();
    change(plan);
    CHECK_THROWS_AS(points_of(plan, 1000), Error);
  };
  fails([](auto& plan) { plan.batches.push_back(0); });
  fails([](auto& plan) { plan.contexts = {-4}; });
  fails([](auto& plan) { plan.chunks = {0}; });
  fails([](auto& plan) { plan.mixed_batches = {0}; });
  fails([](auto& plan) { plan.mixed_chunks = {-1}; });
  fails([](auto& plan) { plan.repetitions = 0; });
}

TEST_CASE("Every point is timed, and its quartile lies between its least and its median",
          "[bench][calibration]") {
  const auto calibration = measured(small_plan());
  const auto points = points_of(small_plan(), 1000);
  REQUIRE(calibration.points.size() == points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const PointTime& time = calibration.points[i];
    CHECK(time.point == points[i]);
    CHECK(time.least_s > 0);
    CHECK(time.least_s <= time.seconds);
    CHECK(time.seconds <= time.median_s);
    CHECK(time.spread >= 0);
  }
}

TEST_CASE("The host's own work is timed at the decode points alone", "[bench][calibration]") {
  const auto calibration = measured(small_plan());
  REQUIRE(calibration.host_points.size() == 4);
  for (const PointTime& time : calibration.host_points) {
    CHECK(time.point.kind == BatchKind::decode);
    CHECK(time.least_s > 0);
  }
}

TEST_CASE("Attention can be captured in the timed steps", "[bench][calibration]") {
  auto plan = small_plan();
  plan.capture = true;
  CHECK(measured(plan).points.size() == 10);
}

TEST_CASE("Prompt chunks alone need no decoding sequence", "[bench][calibration]") {
  auto plan = small_plan();
  plan.batches = plan.mixed_batches = {};
  const auto calibration = measured(plan);
  CHECK(calibration.points.size() == 4);
  CHECK(calibration.host_points.empty());
}

TEST_CASE("Progress tells of every step and may end the calibration", "[bench][calibration]") {
  std::int64_t last = 0;
  std::int64_t all = 0;
  const auto model = tiny();
  const auto calibration = calibrate(model, {.page_size = 16, .threads = 1}, small_plan(),
                                     [&](std::int64_t done, std::int64_t planned) {
                                       last = done;
                                       all = planned;
                                       return true;
                                     });
  // 14 points, of which the host's 4 are timed twice, each once more than repeated.
  CHECK(all == (10 + 4) * (3 + 1));
  CHECK(last == all);
  const auto ended = calibrate(model, {.page_size = 16, .threads = 1}, small_plan(),
                               [](std::int64_t done, std::int64_t) { return done < 20; });
  CHECK(ended.points.empty());
}

TEST_CASE("Processor time is refused where other threads compute", "[bench][calibration]") {
  auto plan = small_plan();
  plan.clock = bench::RunClock::cpu;
  CHECK_THROWS_AS(calibrate(tiny(), {.page_size = 16, .threads = 2}, plan, goes_on), Error);
  CHECK(measured(plan).points.size() == 10);
  CHECK_THROWS_AS(bench::run_clock_named("sun"), Error);
}

TEST_CASE("A profile holds each point with the fields of its kind", "[bench][calibration]") {
  const auto calibration = measured(small_plan());
  const auto profile =
      nlohmann::json::parse(profile_json(calibration, {.version = "1.2.3",
                                                       .commit = "abc",
                                                       .device = "cpu",
                                                       .model = "tiny@0",
                                                       .kv_storage = "bf16",
                                                       .threads = 1,
                                                       .page_tokens = 16,
                                                       .capture = false,
                                                       .clock = bench::RunClock::wall}));
  CHECK(profile.at("schema") == "pagequest.profile.1");
  CHECK(profile.at("page_tokens") == 16);
  CHECK(profile.at("clock") == "wall");
  CHECK(profile.at("host").at("step_seconds") == calibration.host.step_s);
  REQUIRE(profile.at("points").size() == 10);
  for (const auto& point : profile.at("points")) {
    const std::string kind = point.at("kind");
    CHECK(point.contains("batch") == (kind != "prefill"));
    CHECK(point.contains("tokens") == (kind != "decode"));
    for (const auto* field : {"context", "seconds", "least_seconds", "median_seconds", "spread"}) {
      CHECK(point.at(field).is_number());
    }
  }
  CHECK(profile.at("points")[4].at("kind") == "mixed");
  CHECK(profile.at("points")[4].at("batch") == 2);
}

}  // namespace
