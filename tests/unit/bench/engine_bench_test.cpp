// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/engine_bench.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/model/random_model.h"

namespace {

using namespace pagequest;
using bench::bench_engine;
using bench::BenchPlan;

model::Model tiny() {
  return model::random_model(model::named_geometry("tiny"), 1, ops::WeightType::bf16);
}

BenchPlan small_plan() {
  return {.depths = {40, 0},
          .prompt = 24,
          .repetitions = 4,
          .prompt_repetitions = 2,
          .probe_bytes = 1 << 20};
}

TEST_CASE("each depth is measured as often as planned, shallow ones first", "[bench]") {
  const auto model = tiny();
  const auto samples = bench_engine(model, {.page_size = 16, .threads = 2}, small_plan());
  REQUIRE(samples.decode.size() == 2);
  CHECK(samples.decode[0].depth == 0);
  CHECK(samples.decode[1].depth == 40);
  for (const auto& at : samples.decode) {
    CHECK(at.plain_s.size() == 4);
    CHECK(at.capture_s.size() == 4);
    CHECK(at.read_gbps.size() == 4);
  }
  CHECK(samples.prefill.plain_s.size() == 2);
  CHECK(samples.prefill.capture_s.size() == 2);
}

TEST_CASE("the context counts the depth, the warm-up and half of the steps", "[bench]") {
  const auto model = tiny();
  auto plan = small_plan();
  plan.depths = {40};
  const auto samples = bench_engine(model, {.page_size = 16, .threads = 1}, plan);
  // Two steps to warm up; the four measured ones read 43, 44, 45 and 46 tokens.
  CHECK(samples.decode.front().context == 44.5);
}

TEST_CASE("without capture only plain steps are measured", "[bench]") {
  const auto model = tiny();
  auto plan = small_plan();
  plan.capture = false;
  const auto samples = bench_engine(model, {.page_size = 16, .threads = 1}, plan);
  CHECK(samples.decode.front().capture_s.empty());
  CHECK(samples.prefill.capture_s.empty());
  CHECK(samples.decode.front().plain_s.size() == 4);
}

TEST_CASE("a prompt's iterations are its chunks", "[bench]") {
  const auto model = tiny();
  const auto samples =
      bench_engine(model, {.page_size = 16, .prefill_chunk = 10, .threads = 1}, small_plan());
  CHECK(samples.prefill.iterations == 3);
}

TEST_CASE("impossible plans are usage errors", "[bench]") {
  const auto model = tiny();
  const auto fails = [&](BenchPlan plan) {
    CHECK_THROWS_AS(bench_engine(model, {.page_size = 16, .threads = 1}, plan), Error);
  };
  auto plan = small_plan();
  plan.repetitions = 0;
  fails(plan);
  plan = small_plan();
  plan.depths = {-1};
  fails(plan);
  plan = small_plan();
  plan.depths = {};
  plan.prompt = 0;
  fails(plan);
  plan = small_plan();
  plan.depths = {2'000'000'000};
  fails(plan);
}

TEST_CASE("a ratio compares what two turns took together", "[bench]") {
  // In turn, each kind runs once first (slow) and once second (fast): no overhead.
  CHECK(bench::median_ratio({2, 1, 2, 1}, {1, 2, 1, 2}) == 1.0);
  CHECK(bench::median_ratio({3, 1}, {1, 1}) == 2.0);
}

}  // namespace
