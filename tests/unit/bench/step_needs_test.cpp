// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/step_needs.h"

#include <span>
#include <vector>

#include <catch2/catch.hpp>

#include "base/event_sink.h"
#include "engine/model/random_model.h"
#include "engine/runtime/engine.h"

namespace {

using namespace pagequest;
using bench::StepNeeds;

// The sizes below are counted by hand from the shape: 64 wide, 2 layers, 4 query and 2 KV heads of
// 16, 128 inner, 256 tokens.
constexpr double kLayerElements = 64 * (64 + 2 * 32) + 64 * 64 + 3 * 64 * 128;
constexpr double kLogitElements = 64 * 256;
constexpr double kBehindAttentionElements = 64 * 64 + 3 * 64 * 128;  // of a layer

TEST_CASE("a decode step reads each bf16 weight once", "[bench]") {
  const auto model = model::random_model(model::named_geometry("tiny"), 1, ops::WeightType::bf16);
  CHECK(StepNeeds(model, ops::KvType::bf16).weight_bytes() ==
        2 * (2 * kLayerElements + kLogitElements));
}

TEST_CASE("keys and values are read in every layer and KV head, with their scales", "[bench]") {
  const auto model = model::random_model(model::named_geometry("tiny"), 1, ops::WeightType::bf16);
  CHECK(StepNeeds(model, ops::KvType::f32).kv_bytes(10) == 10 * 2 * 2 * 2 * 16 * 4);
  CHECK(StepNeeds(model, ops::KvType::bf16).kv_bytes(10) == 10 * 2 * 2 * 2 * 16 * 2);
  CHECK(StepNeeds(model, ops::KvType::int8).kv_bytes(10) == 10 * 2 * 2 * 2 * (16 + 4));
}

TEST_CASE("a sliding-window layer reads its window only", "[bench]") {
  auto config = model::named_geometry("tiny");
  config.windows = {4, 0};
  const auto model = model::random_model(config, 1, ops::WeightType::bf16);
  const StepNeeds needs(model, ops::KvType::bf16);
  CHECK(needs.kv_bytes(10) == (4 + 10) * 2 * 2 * 16 * 2);
  CHECK(needs.kv_bytes(3) == (3 + 3) * 2 * 2 * 16 * 2);
}

TEST_CASE("a sparse layer reads its router and the chosen experts", "[bench]") {
  auto config = model::named_geometry("tiny");
  config.moe = {.experts = 8, .experts_per_token = 2, .intermediate_size = 32};
  config.sparse_layers = {true, false};
  const auto model = model::random_model(config, 1, ops::WeightType::bf16);
  const double dense = 2 * (2 * kLayerElements + kLogitElements);
  const double router = 4 * 8 * 64;  // f32
  const double experts = 2 * 2 * 3 * 64 * 32;
  CHECK(StepNeeds(model, ops::KvType::bf16).weight_bytes() ==
        dense - 2 * 3 * 64 * 128 + router + experts);
}

TEST_CASE("a prompt computes what decode steps do, but the last layer's output and logits once",
          "[bench]") {
  auto config = model::named_geometry("tiny");
  config.windows = {5, 0};
  const auto model = model::random_model(config, 1, ops::WeightType::bf16);
  const StepNeeds needs(model, ops::KvType::bf16);
  double steps = 0.0;
  for (int context = 1; context <= 12; ++context) steps += needs.decode_flops(context);
  CHECK(needs.prefill_flops(12) ==
        Approx(steps - 11 * 2 * (kLogitElements + kBehindAttentionElements)));
}

/// Sums what the operations that StepNeeds counts compute.
class Products final : public OperationObserver {
 public:
  void begin(const Operation& operation) override {
    using enum OperationKind;
    for (const OperationKind kind :
         {query_key_value, attention, attention_output, gate_up, down, logits}) {
      if (operation.kind == kind) flops += static_cast<double>(operation.flops);
    }
  }
  void end() override {}
  double flops = 0.0;
};

TEST_CASE("What an engine's operations of a decode step compute is what the step needs",
          "[bench]") {
  auto config = model::named_geometry("tiny");
  config.windows = {5, 0};
  const auto model = model::random_model(config, 1, ops::WeightType::bf16);
  const std::vector<std::int32_t> prompt(11, 7);
  NullSink sink;
  Products products;
  runtime::EngineConfig engine_config{.pool_pages = 10};
  engine_config.observer = &products;
  runtime::Engine engine(model, engine_config, sink);
  const SequenceId sequence = engine.add(EpisodeId{0}, prompt, {}, {});
  (void)engine.step();
  products.flops = 0.0;
  engine.append(sequence, std::span(prompt).first(1));
  (void)engine.step();
  CHECK(products.flops == StepNeeds(model, ops::KvType::bf16).decode_flops(12));
}

}  // namespace
