// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/cost/roofline_cost.h"
#include "tests/unit/simulator/ideal_gpu.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

BatchShape decode_batch(int sequences, std::int64_t context) {
  BatchShape shape;
  for (int i = 0; i < sequences; ++i) shape.add_decode(context, 128);
  return shape;
}

}  // namespace

TEST_CASE("One decode step on an ideal GPU reads all weights and the cache once") {
  const ModelSpec model = qwen3_8b();
  const RooflineCost cost(ideal_gpu(), model);
  const double weights = 2.0 * (model.total_weights() - model.embedding_weights());
  const double cache = 1000.0 * 147456.0;
  // Per layer, values of 2 bytes: 8 x 4096 for additions and norms, 2 x (4096 + 1024) for q and k,
  // 4 x 1024 for the cache write, 3 x 12288 for the gated activation.
  const double activations = 36 * 2.0 * (32768 + 10240 + 4096 + 36864);
  // One token's FLOPs take a hundredth of the time that its weights take: sqrt(1 + 1e-4).
  CHECK(cost.cost(decode_batch(1, 1000)).seconds() ==
        Approx((weights + cache + activations) / 1e12).epsilon(1e-4));
}

TEST_CASE("A large prefill on an ideal GPU takes its FLOPs") {
  const ModelSpec model = qwen3_8b();
  const RooflineCost cost(ideal_gpu(), model);
  BatchShape shape;
  shape.add_prefill(4096, 0, 0, false);
  const double linear = 2.0 * (model.active_weights() - model.embedding_weights()) * 4096;
  const double attention = 4.0 * 36 * 32 * 128 * (4096.0 * 4097.0 / 2.0);
  const double activations = 4096 * 36 * 2.0 * (32768 + 10240 + 4096 + 36864);
  // Reading the weights takes a fortieth of the FLOPs' time: sqrt(1 + 1 / 1600).
  CHECK(cost.cost(shape).seconds() ==
        Approx((linear + attention) / 1e14 + activations / 1e12).epsilon(5e-4));
}

TEST_CASE("The output layer is computed for sampled rows only") {
  const ModelSpec model = qwen3_8b();
  const RooflineCost cost(ideal_gpu(), model);
  BatchShape silent;
  silent.add_prefill(512, 0, 0, false);
  BatchShape sampling;
  sampling.add_prefill(512, 0, 0, true);
  const double bytes = 2.0 * model.embedding_weights();
  CHECK(cost.cost(sampling).seconds() - cost.cost(silent).seconds() ==
        Approx(bytes / 1e12).epsilon(1e-4));
}

TEST_CASE("Overheads add up over layers, iterations and sequences") {
  GpuSpec gpu = ideal_gpu();
  gpu.efficiency.layer_overhead_us.value = 3.0;
  gpu.efficiency.iteration_overhead_us.value = 100.0;
  gpu.efficiency.sequence_overhead_us.value = 5.0;
  const RooflineCost cost(gpu, qwen3_8b());
  CHECK(cost.cost(decode_batch(7, 10)).overhead == Approx((36 * 3.0 + 100.0 + 7 * 5.0) * 1e-6));
}

TEST_CASE("Sliding layers read at most their window") {
  const ModelSpec model = catalog_model("gpt-oss-20b");
  const RooflineCost cost(ideal_gpu(), model);
  const double per_layer = 2.0 * 8 * 64 * 2;
  CHECK(cost.cost(decode_batch(3, 100)).decode_attention ==
        Approx(3 * 24 * 100 * per_layer / 1e12));
  CHECK(cost.cost(decode_batch(3, 5000)).decode_attention ==
        Approx(3 * (12 * 5000.0 + 12 * 128.0) * per_layer / 1e12));
}

TEST_CASE("Query-key pairs of a chunk agree with a row-by-row count") {
  for (const std::int64_t window : {1, 5, 128}) {
    for (const std::int64_t context : {0, 3, 5, 200}) {
      for (const std::int64_t tokens : {1, 4, 7, 300}) {
        double full = 0.0;
        double sliding = 0.0;
        for (std::int64_t row = 0; row < tokens; ++row) {
          full += static_cast<double>(context + row + 1);
          sliding += static_cast<double>(std::min(window, context + row + 1));
        }
        BatchShape shape;
        shape.add_prefill(tokens, context, window, true);
        CHECK(shape.prefill_pairs == full);
        CHECK(shape.prefill_window_pairs == sliding);
      }
    }
  }
}

TEST_CASE("Expected experts agree with drawing them") {
  const RooflineCost cost(ideal_gpu(), catalog_model("gpt-oss-20b"));
  CHECK(cost.expected_experts(1) == Approx(4.0));
  CHECK(cost.expected_experts(10'000) == Approx(32.0));
  Rng rng(5);
  constexpr int kTrials = 4000;
  for (const int tokens : {2, 8, 20}) {
    double touched = 0.0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::set<int> experts;
      for (int token = 0; token < tokens; ++token) {
        std::set<int> chosen;
        while (chosen.size() < 4) chosen.insert(rng.between(0, 31));
        experts.insert(chosen.begin(), chosen.end());
      }
      touched += static_cast<double>(experts.size());
    }
    CHECK(cost.expected_experts(tokens) == Approx(touched / kTrials).epsilon(0.01));
  }
}

TEST_CASE("A mixture-of-experts step reads more weights the more tokens it has") {
  const ModelSpec model = catalog_model("gpt-oss-20b");
  const RooflineCost cost(ideal_gpu(), model);
  const double one = 24 * 4 * model.expert_weights() * 0.53125 / 1e12;
  CHECK(cost.cost(decode_batch(1, 1)).expert_products == Approx(one).epsilon(1e-3));
  CHECK(cost.cost(decode_batch(64, 1)).expert_products > 7.9 * one);
  CHECK(cost.cost(decode_batch(64, 1)).expert_products <= 8.5 * one);  // FLOPs begin to show
}

TEST_CASE("A batch costs no less when any of its parts grows") {
  const RooflineCost cost(h100(), catalog_model("gpt-oss-20b"));
  Rng rng(3);
  for (int i = 0; i < 200; ++i) {
    BatchShape shape = decode_batch(rng.between(1, 64), rng.between(1, 9000));
    shape.add_prefill(rng.between(1, 4000), rng.between(0, 9000), 128, rng.chance(0.5));
    const Nanoseconds before = cost.cost(shape).nanoseconds();
    shape.add_decode(rng.between(1, 5000), 128);
    const Nanoseconds more_decode = cost.cost(shape).nanoseconds();
    shape.add_prefill(rng.between(1, 500), 0, 128, true);
    REQUIRE(before <= more_decode);
    REQUIRE(more_decode <= cost.cost(shape).nanoseconds());
  }
}

TEST_CASE("fp8 products run at the fp8 peak, attention does not") {
  ModelSpec model = qwen3_8b();
  BatchShape shape;
  shape.add_prefill(8192, 0, 0, false);
  const IterationCost bf16 = RooflineCost(ideal_gpu(), model).cost(shape);
  model.compute = ComputeFormat::fp8;
  const IterationCost fp8 = RooflineCost(ideal_gpu(), model).cost(shape);
  CHECK(fp8.expert_products == Approx(bf16.expert_products / 2).epsilon(1e-3));
  CHECK(fp8.prefill_attention == bf16.prefill_attention);
}
