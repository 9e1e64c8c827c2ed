// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The integer lines that the scheduler sums over many steps.
#include "simulator/cost/step_cost.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/cost/roofline_cost.h"
#include "tests/unit/simulator/ideal_gpu.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

std::vector<std::int64_t> random_contexts(Rng& rng) {
  std::vector<std::int64_t> out;
  const int sequences = rng.between(1, 200);
  const std::int64_t most = rng.chance(0.5) ? 300 : 40'000;
  for (int i = 0; i < sequences; ++i) out.push_back(rng.between(1, static_cast<int>(most)));
  return out;
}

BatchShape decode_batch(const std::vector<std::int64_t>& contexts, std::int64_t window) {
  BatchShape shape;
  for (const auto context : contexts) shape.add_decode(context, window);
  return shape;
}

std::vector<GpuSpec> skewed_and_not() {
  std::vector<GpuSpec> out(2, h100());
  out[1].efficiency.decode_attention.skew = 0.3;
  out[1].efficiency.decode_attention.sequence_bandwidth = 0.01;
  return out;
}

}  // namespace

TEST_CASE("A decode step takes exactly what its line says, and nearly what its parts sum to") {
  Rng rng(11);
  for (const GpuSpec& gpu : skewed_and_not()) {
    for (const char* model : {"qwen3-8b", "gpt-oss-20b", "llama-3.1-70b-fp8"}) {
      for (const Parallelism spread : {Parallelism{1, 1}, Parallelism{4, 1}, Parallelism{2, 4}}) {
        const RooflineCost cost(gpu, catalog_model(model), spread);
        for (int i = 0; i < 40; ++i) {
          const auto shape = decode_batch(random_contexts(rng), cost.window());
          const DecodeLine line = cost.decode_line(shape);
          REQUIRE(cost.ticks(shape) == line.at(shape.decode_reads, shape.decode_window_reads));
          REQUIRE(shape.decode_reads <= line.max_reads);
          const double seconds = static_cast<double>(cost.ticks(shape)) / 1024e9;
          // Slopes are rounded to 1/1024 ns a token.
          REQUIRE(seconds == Approx(cost.cost(shape).seconds()).epsilon(3e-4));
        }
      }
    }
  }
}

// Brute force: every step of a growing batch asks for its own line.
TEST_CASE("A line holds for all steps up to its last read, and another one after it") {
  Rng rng(5);
  int pieces = 0;
  for (const GpuSpec& gpu : skewed_and_not()) {
    const RooflineCost cost(gpu, catalog_model("gpt-oss-20b"));
    for (int i = 0; i < 80; ++i) {
      auto contexts = random_contexts(rng);
      DecodeLine line = cost.decode_line(decode_batch(contexts, cost.window()));
      for (int step = 0; step < 400; ++step) {
        for (auto& context : contexts) ++context;
        const auto shape = decode_batch(contexts, cost.window());
        const DecodeLine now = cost.decode_line(shape);
        if (shape.decode_reads <= line.max_reads) {
          REQUIRE(now.base == line.base);
          REQUIRE(now.per_read == line.per_read);
          REQUIRE(now.per_window_read == line.per_window_read);
          REQUIRE(now.max_reads == line.max_reads);
        } else {
          ++pieces;
          line = now;
        }
      }
    }
  }
  CHECK(pieces > 5);  // or the case shows nothing
}

TEST_CASE("A decode step costs no less when its sequences are longer") {
  Rng rng(7);
  for (const GpuSpec& gpu : skewed_and_not()) {
    const RooflineCost cost(gpu, qwen3_8b());
    for (int i = 0; i < 100; ++i) {
      auto contexts = random_contexts(rng);
      const Ticks before = cost.ticks(decode_batch(contexts, 0));
      for (auto& context : contexts) context += 50;
      REQUIRE(before <= cost.ticks(decode_batch(contexts, 0)));
    }
  }
}

TEST_CASE("A kernel that waits for its longest sequence is slower on a skewed batch") {
  const BatchShape even = decode_batch(std::vector<std::int64_t>(32, 4000), 0);
  std::vector<std::int64_t> contexts(32, 1000);
  contexts[0] = 32 * 4000 - 31 * 1000;
  const BatchShape skewed = decode_batch(contexts, 0);
  REQUIRE(even.decode_reads == skewed.decode_reads);
  const RooflineCost balanced(h100(), qwen3_8b());
  CHECK(balanced.ticks(even) == balanced.ticks(skewed));
  GpuSpec gpu = h100();
  gpu.efficiency.decode_attention.skew = 0.1;
  const RooflineCost waiting(gpu, qwen3_8b());
  CHECK(waiting.ticks(even) == balanced.ticks(even));
  // As if all sequences were a tenth of the way from the mean, 4,000, to the longest, 97,000.
  const BatchShape as_if = decode_batch(std::vector<std::int64_t>(32, 4000 + 9300), 0);
  CHECK(waiting.ticks(skewed) == Approx(balanced.ticks(as_if)).epsilon(1e-4));
}

TEST_CASE("One sequence alone can't use the bandwidth of many") {
  GpuSpec gpu = ideal_gpu();
  gpu.efficiency.decode_attention.sequence_bandwidth = 0.5;
  const RooflineCost cost(gpu, qwen3_8b());
  const double bytes = 147456.0;  // of one token in all layers
  CHECK(cost.cost(decode_batch({10'000}, 0)).decode_attention == Approx(2 * 10'000 * bytes / 1e12));
  CHECK(cost.cost(decode_batch({5'000, 5'000}, 0)).decode_attention ==
        Approx(10'000 * bytes / 1e12));
}

// Decode attention of 32 query heads and 8 KV heads of 128 in bf16: NVIDIA AIConfigurator's H100
// timings (vLLM 0.24.0), in microseconds. Where the loop that timed them found the keys and values
// in the L2 cache (8,192 tokens: 34 MB), a model's layer does not.
TEST_CASE("Decode attention takes what was measured on an H100") {
  ModelSpec model = catalog_model("llama-3.1-8b");
  const RooflineCost cost(h100(), model);
  const auto microseconds = [&](std::size_t batch, std::int64_t context) {
    const auto shape = decode_batch(std::vector<std::int64_t>(batch, context), 0);
    return cost.cost(shape).decode_attention / model.layers * 1e6;
  };
  CHECK(microseconds(1, 1024) == Approx(13.6).epsilon(0.1));
  CHECK(microseconds(1, 8192) >= 19.8);
  CHECK(microseconds(1, 65536) == Approx(117.1).epsilon(0.15));
  CHECK(microseconds(8, 8192) == Approx(100.5).epsilon(0.1));
  CHECK(microseconds(64, 8192) == Approx(688.2).epsilon(0.05));
}
