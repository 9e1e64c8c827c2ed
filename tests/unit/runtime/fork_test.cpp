// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

TEST_CASE("A fork reads the shared pages and writes its own: both threads equal dense runs") {
  const std::int32_t prompt = GENERATE(31, 32, 33);
  const model::Model model = tiny_model();
  const DenseLlama dense("tests/reference/tiny");
  RecordingSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 100}, sink);
  const SequenceId main = add(engine, random_tokens(prompt, 1));
  drain(engine);
  const SequenceId aux = engine.fork(main, random_tokens(5, 2), {});
  engine.append(main, random_tokens(3, 3));
  for (int i = 0; i < 20; ++i) {
    for (const auto& [sequence, token] : drain(engine)) engine.append(sequence, {&token, 1});
  }
  const auto main_tokens = tokens_of(sink.steps, Thread::main);
  auto prefix = main_tokens;
  prefix.resize(static_cast<std::size_t>(prompt));
  const auto aux_tokens = tokens_of(sink.steps, Thread::auxiliary, prefix);
  REQUIRE(main_tokens != aux_tokens);
  const DenseResult main_expected = dense.run(main_tokens);
  const DenseResult aux_expected = dense.run(aux_tokens);
  CHECK(largest_difference(logits_of(engine, main), main_expected.logits.back()) < 1e-3);
  CHECK(largest_difference(logits_of(engine, aux), aux_expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    const auto& expected = step.thread == Thread::main ? main_expected : aux_expected;
    CHECK(mass_error(step, expected, model.config(), 16) < 1e-5);
  }
}

TEST_CASE("A fork changes no bit of its parent's later steps") {
  const model::Model model = tiny_model();
  std::vector<std::vector<RecordedStep>> main_steps(2);
  for (const bool forks : {false, true}) {
    RecordingSink sink;
    Engine engine(model, {.page_size = 16, .pool_pages = 100}, sink);
    const SequenceId main = add(engine, random_tokens(37, 1));
    std::int32_t token = drain(engine).at(main);
    if (forks) engine.fork(main, random_tokens(30, 2), {});
    for (int i = 0; i < 20; ++i) {
      engine.append(main, {&token, 1});
      token = drain(engine).at(main);
    }
    for (RecordedStep step : sink.steps) {
      step.iteration = 0;
      if (step.thread == Thread::main) main_steps[forks ? 1 : 0].push_back(step);
    }
  }
  CHECK(main_steps[0].size() == 21);
  CHECK(main_steps[0] == main_steps[1]);
}

TEST_CASE("Evictions from the parent leave the fork's view untouched") {
  const model::Model model = tiny_model();
  std::vector<std::vector<float>> aux_logits;
  for (const bool evicts : {false, true}) {
    NullSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = 100}, sink);
    kv::PolicySpec policy;
    if (evicts) policy = {.name = "streaming", .params = {}, .budget_tokens = 64};
    const SequenceId main = add(engine, random_tokens(60, 1), {}, policy);
    drain(engine);
    const SequenceId aux = engine.fork(main, random_tokens(2, 2), {});
    engine.append(main, random_tokens(30, 3));
    drain(engine);
    CHECK((engine.live_tokens(main) < 90) == evicts);
    CHECK(engine.live_tokens(aux) == 62);
    engine.append(aux, random_tokens(5, 4));
    drain(engine);
    aux_logits.push_back(logits_of(engine, aux));
  }
  CHECK(aux_logits[0] == aux_logits[1]);
}

TEST_CASE("A fork shares pages until it writes, and gives its own back") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 100}, sink);
  const SequenceId main = add(engine, random_tokens(40, 1));
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 3);
  CHECK(engine.mapped_pages(main) == 3);
  const SequenceId aux = engine.fork(main, random_tokens(20, 2), {});
  CHECK(engine.pool_usage().used_pages == 3);
  CHECK(engine.next_position(aux) == 60);
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 5);  // a copy of the partial page and a new one
  CHECK(engine.own_tokens(aux) == 20);
  CHECK(engine.own_tokens(main) == 40);
  engine.release(aux);
  CHECK(engine.pool_usage().used_pages == 3);
  engine.release(main);
  CHECK(engine.pool_usage().used_pages == 0);
  CHECK(engine.pool_usage().total_pages == 100);
}

}  // namespace
}  // namespace pagequest::runtime::test
