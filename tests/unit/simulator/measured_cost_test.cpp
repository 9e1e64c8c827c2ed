// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Synthetic profiles whose truth is known.
#include "simulator/cost/measured_cost.h"

#include <cmath>
#include <functional>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "simulator/cost/non_negative_fit.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

/// Seconds of a step with `batch` decoding sequences and a chunk of `tokens`, all behind `context`.
using Truth = std::function<double(double batch, double tokens, double context)>;

double linear(double batch, double tokens, double context) {
  const double chunk =
      tokens > 0 ? 1e-4 + 2e-5 * tokens + 2e-9 * (tokens * context + tokens * (tokens + 1) / 2)
                 : 0.0;
  return 2e-3 + 1e-4 * batch + 3e-8 * batch * (context + 1) + chunk;
}

/// Batches cost less and less per sequence: 0.4 ms x sqrt(batch).
double concave(double batch, double tokens, double context) {
  return linear(batch, tokens, context) - 1e-4 * batch + 4e-4 * std::sqrt(batch);
}

MeasuredProfile profile_of(const Truth& truth) {
  MeasuredProfile out{.device = "d", .model = "m", .engine = "e", .points = {}};
  const auto add = [&](std::int64_t batch, std::int64_t tokens, std::int64_t context) {
    out.points.push_back({batch, tokens, context,
                          truth(static_cast<double>(batch), static_cast<double>(tokens),
                                static_cast<double>(context))});
  };
  for (const std::int64_t context : {64, 256, 1024, 4096}) {
    for (const std::int64_t batch : {1, 2, 4, 8, 16, 32}) add(batch, 0, context);
    for (const std::int64_t tokens : {16, 64, 128, 256, 512}) add(0, tokens, context);
    for (const std::int64_t batch : {4, 16}) add(batch, 64, context), add(batch, 256, context);
  }
  return out;
}

BatchShape shape_of(int batch, std::int64_t tokens, std::int64_t context) {
  BatchShape out;
  for (int i = 0; i < batch; ++i) out.add_decode(context + 1, 0);
  if (tokens > 0) out.add_prefill(tokens, context, 0, true);
  return out;
}

double seconds(const MeasuredCost& cost, const BatchShape& shape) {
  return static_cast<double>(cost.ticks(shape)) / 1024e9;
}

Json json_of(const MeasuredProfile& profile) {
  Json points = Json::array();
  for (const auto& p : profile.points) {
    Json point = {{"context", p.context}, {"seconds", p.seconds}};
    point["kind"] = p.tokens == 0 ? "decode" : p.batch == 0 ? "prefill" : "mixed";
    if (p.batch > 0) point["batch"] = p.batch;
    if (p.tokens > 0) point["tokens"] = p.tokens;
    points.push_back(point);
  }
  return {{"schema", "pagequest.profile.1"},
          {"device", profile.device},
          {"model", profile.model},
          {"points", points}};
}

}  // namespace

TEST_CASE("A profile of linear steps is predicted exactly, beyond its points as well") {
  const MeasuredCost cost(profile_of(linear));
  CHECK(cost.fit_error() < 1e-4);
  CHECK(cost.left_out_error() < 1e-4);
  for (const int batch : {0, 1, 5, 32, 100}) {
    for (const int tokens : {0, 1, 100, 2000}) {
      if (batch + tokens == 0) continue;
      INFO(batch << " sequences, " << tokens << " tokens");
      CHECK(seconds(cost, shape_of(batch, tokens, 700)) ==
            Approx(linear(batch, tokens, 700)).epsilon(1e-3));
    }
  }
}

TEST_CASE("Batches that cost less per sequence the larger they are get a table") {
  const MeasuredCost cost(profile_of(concave));
  CHECK_THAT(cost.form(), Contains("batch table"));
  CHECK(cost.fit_error() < 1e-3);
  CHECK(seconds(cost, shape_of(16, 0, 500)) == Approx(concave(16, 0, 500)).epsilon(2e-3));
  // Between 8 and 16 a straight line: sqrt(12) is 3.46, the line's middle 3.41.
  CHECK(seconds(cost, shape_of(12, 0, 500)) == Approx(concave(12, 0, 500)).epsilon(0.02));
  CHECK(seconds(cost, shape_of(4, 64, 500)) == Approx(concave(4, 64, 500)).epsilon(0.01));
}

TEST_CASE("Noise in the points hardly moves the prediction, and never makes more work cheaper") {
  Rng rng(3);
  MeasuredProfile profile = profile_of(concave);
  for (auto& point : profile.points) point.seconds *= 1.0 + 0.1 * (rng.uniform() - 0.5);
  const MeasuredCost cost(profile);
  CHECK(cost.fit_error() < 0.05);
  CHECK(seconds(cost, shape_of(8, 0, 2000)) == Approx(concave(8, 0, 2000)).epsilon(0.05));
  Ticks before = 0;
  for (int batch = 1; batch < 80; ++batch) {
    const Ticks now = cost.ticks(shape_of(batch, 0, 300));
    REQUIRE(now >= before);
    before = now;
  }
}

TEST_CASE("A measured decode step takes exactly what its line says") {
  const MeasuredCost cost(profile_of(concave));
  Rng rng(8);
  for (int i = 0; i < 100; ++i) {
    const BatchShape shape = shape_of(rng.between(1, 100), 0, rng.between(0, 9000));
    const DecodeLine line = cost.decode_line(shape);
    REQUIRE(cost.ticks(shape) == line.at(shape.decode_reads, shape.decode_window_reads));
    REQUIRE(line.max_reads == std::numeric_limits<std::int64_t>::max());
  }
}

TEST_CASE("One decode point is a profile") {
  MeasuredProfile profile{.device = "d", .model = "m", .engine = {}, .points = {}};
  profile.points.push_back({.batch = 4, .tokens = 0, .context = 99, .seconds = 0.01});
  const MeasuredCost cost(profile);
  CHECK(seconds(cost, shape_of(4, 0, 99)) == Approx(0.01).epsilon(1e-3));
  CHECK(cost.ticks(shape_of(1, 50, 0)) >= kTicksPerNanosecond);
}

TEST_CASE("A profile is read from JSON, other keys are ignored") {
  const MeasuredProfile profile = profile_of(linear);
  Json json = json_of(profile);
  json["threads"] = 2;
  json["points"][0]["spread"] = 0.1;
  const MeasuredProfile read = parse_measured_profile(json.dump(), "p.json");
  REQUIRE(read.points.size() == profile.points.size());
  CHECK(read.device == "d");
  CHECK(read.engine.empty());
  const auto& last = profile.points.back();
  CHECK(read.points.back().batch == last.batch);
  CHECK(read.points.back().tokens == last.tokens);
  CHECK(read.points.back().context == last.context);
  CHECK(read.points.back().seconds == last.seconds);
}

TEST_CASE("What is wrong with a profile is said with the point and the key") {
  const Json good = json_of(profile_of(linear));
  const auto message = [](const Json& json) {
    try {
      (void)parse_measured_profile(json.dump(), "p.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const auto with = [&](const std::function<void(Json&)>& change) {
    Json json = good;
    change(json);
    return message(json);
  };
  CHECK_THAT(with([](Json& j) { j["points"][3].erase("seconds"); }),
             Contains("p.json: points[3]") && Contains("`seconds`"));
  CHECK_THAT(with([](Json& j) { j["points"][2]["batch"] = 0; }), Contains("points[2]: batch"));
  CHECK_THAT(with([](Json& j) { j["points"][2]["batch"] = "4"; }), Contains("points[2]: batch"));
  CHECK_THAT(with([](Json& j) { j["points"][1]["kind"] = "idle"; }),
             Contains("decode, prefill or mixed"));
  CHECK_THAT(with([](Json& j) { j["points"][1]["seconds"] = 0; }), Contains("out of range"));
  CHECK_THAT(with([](Json& j) { j["schema"] = "pagequest.profile.2"; }),
             Contains("pagequest.profile.1"));
  CHECK_THAT(with([](Json& j) { j.erase("device"); }), Contains("`device`"));
  CHECK_THAT(with([](Json& j) { j["points"] = Json::object(); }), Contains("an array"));
  CHECK_THAT(with([](Json& j) { j["points"] = Json::array(); }), Contains("no decode point"));
  CHECK_THROWS_WITH(parse_measured_profile("{", "p.json"), Contains("not valid JSON"));
  CHECK_THROWS_WITH(load_measured_profile("/nonexistent/p.json"), Contains("/nonexistent/p.json"));
}

// The error is convex, so a minimum along every coordinate of smooth terms is the least there is.
TEST_CASE("No step away from the fitted non-negative coefficients lowers the error") {
  Rng rng(21);
  for (int trial = 0; trial < 30; ++trial) {
    std::vector<LinearRow> rows(12);
    for (auto& row : rows) {
      row.terms = {1.0, rng.uniform(), rng.uniform(), rng.uniform()};
      row.value = 1.0 + 2.0 * row.terms[1] - 0.8 * row.terms[2] + 0.3 * rng.uniform();
    }
    const auto squares = [&](const std::vector<double>& x) {
      double sum = 0.0;
      for (const auto& row : rows) sum += std::pow(predict(x, row.terms) / row.value - 1.0, 2);
      return sum;
    };
    const auto fitted = fit_non_negative(rows);
    const double least = squares(fitted);
    for (std::size_t i = 0; i < fitted.size(); ++i) {
      REQUIRE(fitted[i] >= 0.0);
      // No step of one coefficient that stays >= 0 lowers the error.
      for (const double step : {1e-4, -1e-4}) {
        auto moved = fitted;
        moved[i] = std::max(0.0, moved[i] + step);
        REQUIRE(squares(moved) >= least - 1e-12);
      }
    }
  }
}
