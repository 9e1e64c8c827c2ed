// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/parallelism.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/cost/roofline_cost.h"
#include "tests/unit/simulator/ideal_gpu.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

namespace {

BatchShape decode_batch(int sequences, std::int64_t context) {
  BatchShape shape;
  for (int i = 0; i < sequences; ++i) shape.add_decode(context, 0);
  return shape;
}

BatchShape prefill_batch(std::int64_t tokens) {
  BatchShape shape;
  shape.add_prefill(tokens, 0, 0, true);
  return shape;
}

}  // namespace

TEST_CASE("Tensor parallelism divides weights, reads and FLOPs by the number of GPUs") {
  const ModelSpec model = catalog_model("llama-3.1-70b");
  for (const auto& batch : {decode_batch(16, 3000), prefill_batch(4096)}) {
    const IterationCost one = RooflineCost(ideal_gpu(), model).cost(batch);
    const IterationCost four = RooflineCost(ideal_gpu(), model, {4, 1}).cost(batch);
    CHECK(four.dense_products == Approx(one.dense_products / 4));
    CHECK(four.expert_products == Approx(one.expert_products / 4));
    CHECK(four.output_products == Approx(one.output_products / 4));
    CHECK(four.decode_attention == Approx(one.decode_attention / 4));
    CHECK(four.prefill_attention == Approx(one.prefill_attention / 4));
    CHECK(four.activations < one.activations);
    CHECK(four.activations > one.activations / 4);  // norms are computed on every GPU
  }
}

// Two all-reduces a layer; a ring moves 2 (p - 1) / p of the hidden states over each link.
TEST_CASE("All-reduces move the hidden states over the links twice a layer") {
  const ModelSpec model = catalog_model("llama-3.1-70b");
  const double bytes = 64.0 * 8192 * 2;
  for (const std::int32_t tp : {2, 8}) {
    const IterationCost cost = RooflineCost(ideal_gpu(), model, {tp, 1}).cost(decode_batch(64, 10));
    CHECK(cost.communication == Approx(2 * 80 * 2.0 * (tp - 1) / tp * bytes / 1e11));
  }
  CHECK(RooflineCost(ideal_gpu(), model).cost(decode_batch(64, 10)).communication == 0.0);
}

// The fastest all-reduces in vllm-project/vllm pull requests 24532 (4 GPUs) and 24111 (6 and 2).
TEST_CASE("All-reduces take what was measured on H100") {
  const auto microseconds = [](double gpus, double megabytes) {
    return 1e6 * AllReduceTime(h100(), machine_coefficients(h100()), gpus)
                     .seconds(megabytes * 1024 * 1024);
  };
  CHECK(microseconds(2, 0.5) == Approx(7).epsilon(0.16));
  CHECK(microseconds(4, 0.5) == Approx(10).epsilon(0.16));
  CHECK(microseconds(4, 2.0) == Approx(21).epsilon(0.16));
  CHECK(microseconds(4, 4.0) == Approx(28).epsilon(0.16));
  CHECK(microseconds(6, 0.5) == Approx(13).epsilon(0.16));
  CHECK(microseconds(6, 4.0) == Approx(31).epsilon(0.16));
}

TEST_CASE("KV heads that tensor parallelism does not divide are replicated") {
  const ModelSpec model = catalog_model("qwen3-235b-a22b-fp8");  // 64 query heads, 4 KV heads
  CHECK(shard(model, {2, 1}).kv_heads == 2.0);
  CHECK(shard(model, {4, 1}).kv_heads == 1.0);
  CHECK(shard(model, {8, 1}).kv_heads == 1.0);
  const auto batch = decode_batch(8, 20'000);
  const auto attention = [&](std::int32_t tp) {
    return RooflineCost(ideal_gpu(), model, {tp, 1}).cost(batch).decode_attention;
  };
  CHECK(attention(8) == Approx(attention(4)));
}

TEST_CASE("A pipeline reads all weights once and computes a part of the batch in each stage") {
  const ModelSpec model = catalog_model("llama-3.1-70b");
  const RooflineCost one(ideal_gpu(), model);
  const RooflineCost four(ideal_gpu(), model, {1, 4});
  // Bound by reading weights: no faster, the output layer is passed by four micro-batches.
  const IterationCost few = one.cost(decode_batch(4, 100));
  const IterationCost few_spread = four.cost(decode_batch(4, 100));
  CHECK(few_spread.expert_products == Approx(few.expert_products).epsilon(1e-3));
  CHECK(few_spread.output_products == Approx(4 * few.output_products).epsilon(1e-3));
  CHECK(few_spread.decode_attention == Approx(few.decode_attention / 4));
  CHECK(few_spread.communication == Approx(4 * 8192 * 2.0 / 1e11));
  // Bound by FLOPs: four times as fast.
  CHECK(four.cost(prefill_batch(16384)).expert_products ==
        Approx(one.cost(prefill_batch(16384)).expert_products / 4).epsilon(1e-2));
  // One sequence passes all stages one after another.
  CHECK(four.cost(decode_batch(1, 100)).expert_products ==
        Approx(one.cost(decode_batch(1, 100)).expert_products));
}

TEST_CASE("Engines' scales and overheads act on their parts alone") {
  const ModelSpec model = qwen3_8b();
  const CostCoefficients plain = machine_coefficients(h100());
  const auto cost = [&](const CostCoefficients& c, const BatchShape& batch) {
    return RooflineCost(h100(), model, {}, c).cost(batch);
  };
  CostCoefficients changed = plain;
  changed.decode_attention_scale = 2.0;
  const auto decode = decode_batch(8, 4000);
  CHECK(cost(changed, decode).decode_attention == Approx(2 * cost(plain, decode).decode_attention));
  CHECK(cost(changed, decode).expert_products == cost(plain, decode).expert_products);
  changed = plain;
  changed.iteration_overhead_us += 100.0;
  changed.sequence_overhead_us += 10.0;
  changed.layer_overhead_us += 1.0;
  CHECK(cost(changed, decode).overhead - cost(plain, decode).overhead ==
        Approx((100.0 + 8 * 10.0 + 36 * 1.0) * 1e-6));
  changed = plain;
  changed.prefill_scale = 2.0;
  const auto prefill = prefill_batch(8192);
  CHECK(cost(changed, prefill).expert_products > 1.8 * cost(plain, prefill).expert_products);
  CHECK(cost(changed, decode).expert_products < 1.01 * cost(plain, decode).expert_products);
}

TEST_CASE("Impossible splits are refused with what would be possible") {
  const ModelSpec model = catalog_model("llama-3.1-8b");
  CHECK_THROWS_WITH(shard(model, {3, 1}), Contains("a divisor of 32 query heads"));
  CHECK_THROWS_WITH(shard(model, {1, 33}), Contains("at most 32"));
  CHECK_THROWS_AS(shard(model, {0, 1}), Error);
  CHECK_NOTHROW(shard(model, {16, 1}));
}
