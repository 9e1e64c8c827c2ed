// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/engine_overheads.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/cost/closed_loop.h"
#include "simulator/cost/roofline_cost.h"
#include "tests/unit/simulator/ideal_gpu.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

TEST_CASE("Serving engines are sorted, described, sourced and within physical bounds") {
  std::string_view before;
  for (const auto& engine : engine_overheads()) {
    INFO(engine.name);
    CHECK(before < engine.name);
    before = engine.name;
    CHECK(engine.description.size() > 5);
    CHECK(engine.source.size() > 40);
    CHECK(engine.memory_share > 0.5);
    CHECK(engine.memory_share < 1.0);
    CHECK(engine.coefficients.iteration_overhead_us > 0.0);
    CHECK(engine.coefficients.decode_attention_scale >= 0.5);
    CHECK(engine.coefficients.decode_attention_scale <= 2.0);
  }
  CHECK(engine_overheads_named("vllm").name == "vllm");
  CHECK_THROWS_WITH(engine_overheads_named("vlm"),
                    Contains("sglang") && Contains("did you mean `vllm`"));
}

// On the ideal GPU of an ideal model everything is additive: one decode step and a share of the
// others' prefills, worked out from the breakdown of the two batches.
TEST_CASE("The closed formula adds the others' prefills to a decode step") {
  const ModelSpec model = qwen3_8b();
  const RooflineCost cost(h100(), model);
  ClosedLoop load{.input = 2000, .output = 100, .concurrency = 11, .prefill_first = false};
  BatchShape decode;
  for (int i = 0; i < 11; ++i) decode.add_decode(2050, 0);
  BatchShape mixed = decode;
  mixed.add_prefill(2000, 0, 0, true);
  const double step = cost.cost(decode).seconds();
  const double prefill = cost.cost(mixed).seconds() - step;
  CHECK(closed_loop_tpot(cost, load) == Approx(step + 0.1 * prefill).epsilon(1e-4));
  load.prefill_first = true;
  CHECK(closed_loop_tpot(cost, load) == Approx(step + 0.05 * prefill).epsilon(1e-4));
  load.concurrency = 1;
  BatchShape alone;
  alone.add_decode(2050, 0);
  CHECK(closed_loop_tpot(cost, load) == Approx(cost.cost(alone).seconds()).epsilon(1e-4));
}

// Rows of NVIDIA AIConfigurator's H100 silicon sample that no coefficient of the engines was fitted
// to one by one: (input, output, concurrency, milliseconds per output token).
TEST_CASE("Published H100 runs are predicted within a fifth without any fit to their engine") {
  struct Row {
    const char* model;
    std::int32_t gpus;
    ClosedLoop load;
    double tpot_ms;
  };
  const Row rows[] = {
      {"llama-3.1-8b", 1, {1024, 512, 64, false}, 13.10},
      {"llama-3.1-8b", 1, {4096, 256, 16, false}, 14.59},
      {"llama-3.1-70b-fp8", 2, {922, 922, 16, false}, 19.74},
      {"llama-3.1-70b-fp8", 8, {7373, 922, 16, false}, 15.85},
      {"qwen3-32b", 2, {4096, 1024, 32, false}, 29.33},
      {"qwen3-32b", 8, {1024, 512, 64, false}, 14.25},
      {"gpt-oss-120b", 2, {922, 922, 16, false}, 8.18},
      {"gpt-oss-120b", 2, {7373, 922, 64, false}, 26.32},
  };
  for (const Row& row : rows) {
    INFO(row.model << " on " << row.gpus << ", " << row.load.concurrency << " requests");
    const RooflineCost cost(h100(), catalog_model(row.model), {row.gpus, 1});
    CHECK(1e3 * closed_loop_tpot(cost, row.load) == Approx(row.tpot_ms).epsilon(0.2));
  }
}
