// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// After evictions, every step must equal a dense recomputation in which the row does not see the
// tokens that were evicted before it.
#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

/// Compares every captured step, and the logits of the last one, with the masked recomputation.
void check_against_masked_recomputation(const RecordingSink& sink, const std::vector<float>& logits,
                                        const model::ModelConfig& config, std::int32_t page_size) {
  const DenseResult expected =
      DenseLlama("tests/reference/tiny")
          .run(tokens_of(sink.steps, Thread::main),
               [&](std::size_t row, std::size_t token) { return was_visible(sink, row, token); });
  CHECK(largest_difference(logits, expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, config, page_size) < 1e-5);
  }
}

TEST_CASE("A budget policy's evictions equal masked attention") {
  const std::string policy = GENERATE("streaming", "h2o");
  const std::int32_t page_size = GENERATE(4, 8);
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = page_size, .pool_pages = 100, .prefill_chunk = 16}, sink);
  const SequenceId sequence =
      add(engine, random_tokens(60, 1), {}, {.name = policy, .params = {}, .budget_tokens = 40});
  generate(engine, sequence, 40);
  CHECK(engine.live_tokens(sequence) <= 40);
  CHECK(sink.evicted.size() >= 6);
  check_against_masked_recomputation(sink, logits_of(engine, sequence), model.config(), page_size);
}

TEST_CASE("A commanded eviction leaves holes inside pages and equals masked attention") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 100, .prefill_chunk = 16}, sink);
  const SequenceId sequence = lose_response(engine);
  REQUIRE(sink.evicted.size() == 1);
  CHECK(sink.evicted[0].span == TokenSpan{21, 33});
  CHECK(sink.evicted[0].tokens == 33);
  CHECK(sink.evicted[0].turn == 1);
  CHECK(sink.evicted[0].step == engine.steps(sequence) - 1);
  REQUIRE(sink.freed.size() == 1);
  CHECK(sink.freed[0].page == 2);
  CHECK(engine.live_tokens(sequence) == 65 - 33);
  CHECK(engine.mapped_pages(sequence) == 4);
  CHECK(engine.pool_usage().used_pages == 4);

  engine.append(sequence, random_tokens(1, 3));
  generate(engine, sequence, 10);
  check_against_masked_recomputation(sink, logits_of(engine, sequence), model.config(), 16);
}

TEST_CASE("A policy that reads attention needs capture") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.pool_pages = 100, .capture = false}, sink);
  CHECK_THROWS_WITH(add(engine, {1, 2}, {}, {.name = "h2o", .params = {}, .budget_tokens = 100}),
                    Catch::Matchers::Contains("h2o") && Catch::Matchers::Contains("capture"));
  CHECK_NOTHROW(add(engine, {1, 2}, {}, {.name = "streaming", .params = {}, .budget_tokens = 100}));
}

TEST_CASE("A policy that reads attention gets it although the sink wants none") {
  const model::Model model = tiny_model();
  const kv::PolicySpec policy{.name = "h2o", .params = {}, .budget_tokens = 40};
  const EngineConfig config{.page_size = 4, .pool_pages = 100};
  RecordingSink recording;
  Engine with_sink(model, config, recording);
  NullSink none;
  Engine without_sink(model, config, none);
  const auto tokens = generate(with_sink, add(with_sink, random_tokens(60, 1), {}, policy), 40);
  CHECK(generate(without_sink, add(without_sink, random_tokens(60, 1), {}, policy), 40) == tokens);
}

}  // namespace
}  // namespace pagequest::runtime::test
