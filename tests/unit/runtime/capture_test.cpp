// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Captured page masses against a dense softmax in double precision over the whole sequence.
#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

TEST_CASE("Page masses of prefill chunks and decode steps equal the dense softmax") {
  const std::int32_t page_size = GENERATE(4, 16, 64);
  const std::int32_t chunk = GENERATE(5, 64);
  const std::int32_t prefill_rows = GENERATE(1, 8);
  const model::Model model = tiny_model();
  const DenseLlama dense("tests/reference/tiny");
  RecordingSink sink;
  Engine engine(model,
                {.page_size = page_size,
                 .pool_pages = 100,
                 .prefill_chunk = chunk,
                 .prefill_rows = prefill_rows},
                sink);
  const SequenceId sequence = add(engine, random_tokens(70, 1));
  generate(engine, sequence, 20);
  const DenseResult expected = dense.run(tokens_of(sink.steps, Thread::main));
  REQUIRE(sink.steps.size() > 20);
  for (const RecordedStep& step : sink.steps) {
    const auto rows = std::min(prefill_rows, static_cast<std::int32_t>(step.tokens.size()));
    CAPTURE(step.step);
    CHECK(step.query_rows == rows);
    CHECK(mass_error(step, expected, model.config(), page_size) < 1e-5);
  }
}

TEST_CASE("Page masses of the pocket model equal the dense softmax within 1e-5") {
  const model::Model model = pagequest::test::load_in_f32("engine/pocket");
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 100}, sink);
  generate(engine, add(engine, random_tokens(250, 1)), 10);
  const DenseResult expected = DenseLlama("engine/pocket").run(tokens_of(sink.steps, Thread::main));
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, model.config(), 16) < 1e-5);
  }
}

TEST_CASE("Every row of masses sums to one, over exactly the live pages") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 100, .prefill_chunk = 8}, sink);
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 20};
  generate(engine, add(engine, random_tokens(30, 1), {}, policy), 40);
  REQUIRE(sink.freed.size() > 5);
  for (const RecordedStep& step : sink.steps) {
    const std::size_t pages = step.pages.size();
    REQUIRE(step.mean.size() == 2 * 2 * pages);
    REQUIRE(std::is_sorted(step.pages.begin(), step.pages.end()));
    CHECK(step.pages.back() ==
          (step.first + static_cast<std::int32_t>(step.tokens.size()) - 1) / 4);
    for (auto row = step.mean.begin(); row != step.mean.end(); row += static_cast<int>(pages)) {
      CHECK(std::accumulate(row, row + static_cast<int>(pages), 0.0) == Approx(1.0).margin(1e-5));
    }
    for (const PageFreed& freed : sink.freed) {
      if (freed.step >= step.step) continue;
      CHECK(std::find(step.pages.begin(), step.pages.end(), freed.page) == step.pages.end());
    }
  }
}

TEST_CASE("Tokens and logits are the same bits with and without capture") {
  const model::Model model = tiny_model();
  std::vector<std::vector<std::int32_t>> tokens;
  std::vector<std::vector<float>> logits;
  for (const bool capture : {true, false}) {
    RecordingSink sink;
    Engine engine(model, {.pool_pages = 100, .prefill_chunk = 16, .capture = capture}, sink);
    const SequenceId sequence = add(engine, random_tokens(90, 3));
    tokens.push_back(generate(engine, sequence, 30));
    logits.push_back(logits_of(engine, sequence));
    CHECK((sink.steps.front().query_rows > 0) == capture);
  }
  CHECK(tokens[0] == tokens[1]);
  CHECK(logits[0] == logits[1]);
}

}  // namespace
}  // namespace pagequest::runtime::test
