// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What an observer is told of the operations of an engine on the processor.
#include <catch2/catch.hpp>

#include "engine/model/random_model.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Kinds = std::vector<OperationKind>;

class Log final : public OperationObserver {
 public:
  void begin(const Operation& operation) override {
    nested = nested || open_;
    open_ = true;
    operations.push_back(operation);
  }
  void end() override { open_ = false; }

  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] Kinds kinds() const {
    Kinds kinds;
    for (const Operation& operation : operations) kinds.push_back(operation.kind);
    return kinds;
  }

  std::vector<Operation> operations;
  bool nested = false;

 private:
  bool open_ = false;
};

Kinds dense_layer() {
  using enum OperationKind;
  return {norm, query_key_value, store_kv,   attention, attention_output,
          norm, gate_up,         activation, down};
}

TEST_CASE("An observer is told of each operation of a pass in order, with layer and phase") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Log log;
  Engine engine(model, {.pool_pages = 100, .threads = 3, .observer = &log}, sink);
  const SequenceId sequence = add(engine, random_tokens(9, 1));
  const std::int32_t token = drain(engine).at(sequence);
  const std::size_t prompt = log.operations.size();
  engine.append(sequence, {&token, 1});
  drain(engine);
  Kinds expected{OperationKind::embed};
  for (int layer = 0; layer < 2; ++layer) {
    for (const OperationKind kind : dense_layer()) expected.push_back(kind);
  }
  for (const auto kind : {OperationKind::norm, OperationKind::logits, OperationKind::sample}) {
    expected.push_back(kind);
  }
  REQUIRE(prompt == expected.size());
  const Kinds kinds = log.kinds();
  CHECK(Kinds(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(prompt)) == expected);
  CHECK(Kinds(kinds.begin() + static_cast<std::ptrdiff_t>(prompt), kinds.end()) == expected);
  CHECK_FALSE(log.nested);
  CHECK_FALSE(log.open());
  for (std::size_t i = 0; i < prompt; ++i) {
    CHECK(log.operations[i].iteration == 0);
    CHECK(log.operations[i].phase == Phase::prefill);
    const std::size_t inside = i - 1;
    CHECK(log.operations[i].layer ==
          (i == 0 || i > 18 ? -1 : static_cast<std::int32_t>(inside / 9)));
    CHECK(log.operations[prompt + i].iteration == 1);
    CHECK(log.operations[prompt + i].phase == Phase::decode);
  }
}

TEST_CASE("A sparse layer routes and runs its experts") {
  model::ModelConfig config = model::named_geometry("tiny");
  config.moe = {.experts = 8, .experts_per_token = 2, .intermediate_size = 32};
  config.sparse_layers = {true, false};
  const model::Model model = model::random_model(config, 1, ops::WeightType::f32);
  NullSink sink;
  Log log;
  Engine engine(model, {.pool_pages = 100, .observer = &log}, sink);
  add(engine, random_tokens(9, 1));
  (void)engine.step();
  const Kinds kinds = log.kinds();
  CHECK(std::ranges::count(kinds, OperationKind::route) == 1);
  CHECK(std::ranges::count(kinds, OperationKind::experts) == 1);
  CHECK(std::ranges::count(kinds, OperationKind::gate_up) == 1);
}

TEST_CASE("Pages that are copied before they are written are an operation of their own") {
  const model::Model model = tiny_model();
  NullSink sink;
  Log log;
  Engine engine(model, {.pool_pages = 100, .observer = &log}, sink);
  const SequenceId sequence = add(engine, random_tokens(9, 1));
  drain(engine);
  engine.fork(sequence, random_tokens(2, 2), {});
  log.operations.clear();
  drain(engine);
  REQUIRE_FALSE(log.operations.empty());
  CHECK(log.operations[0].kind == OperationKind::copy_pages);
  CHECK(log.operations[0].bytes == 2 * engine.pool_usage().page_bytes);
}

TEST_CASE("Being observed changes nothing that an engine gives") {
  const model::Model model = tiny_model();
  const std::int32_t threads = GENERATE(1, 3);
  RecordingSink plain;
  RecordingSink observed;
  Log log;
  EngineConfig config{.page_size = 8, .pool_pages = 100, .threads = threads};
  Engine a(model, config, plain);
  config.observer = &log;
  Engine b(model, config, observed);
  const Sampling sampling{.temperature = 0.9F, .top_p = 0.8F, .seed = 3};
  const auto tokens = generate(a, add(a, random_tokens(40, 1), sampling), 12);
  CHECK(generate(b, add(b, random_tokens(40, 1), sampling), 12) == tokens);
  CHECK(plain.steps == observed.steps);
}

TEST_CASE("Without keeping logits an engine gives the same tokens") {
  const model::Model model = tiny_model();
  NullSink sink;
  EngineConfig config{.pool_pages = 100};
  Engine with(model, config, sink);
  config.keep_logits = false;
  Engine without(model, config, sink);
  const SequenceId sequence = add(without, random_tokens(20, 1));
  CHECK(generate(with, add(with, random_tokens(20, 1)), 10) == generate(without, sequence, 10));
  CHECK(without.last_logits(sequence).empty());
}

}  // namespace
}  // namespace pagequest::runtime::test
