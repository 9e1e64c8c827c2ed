// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Log = std::vector<std::string>;

TEST_CASE("Each step tells its tokens, then its attention; a single token is a decode step") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 100, .prefill_chunk = 10}, sink);
  const auto prompt = random_tokens(25, 1);
  const SequenceId sequence = engine.add(EpisodeId{7}, prompt, {}, {});
  CHECK(sink.log == Log{"began"});
  const auto sampled = generate(engine, sequence, 2);
  CHECK(sink.log == Log{"began", "filled", "attended", "filled", "attended", "filled", "attended",
                        "filled", "attended"});
  REQUIRE(sink.steps.size() == 4);
  std::int32_t position = 0;
  for (std::int32_t i = 0; i < 4; ++i) {
    const RecordedStep& step = sink.steps[static_cast<std::size_t>(i)];
    CHECK(step.episode == EpisodeId{7});
    CHECK(step.thread == Thread::main);
    CHECK(step.step == i);
    CHECK(step.iteration == i);
    CHECK(step.first == position);
    CHECK(step.kind == (i < 3 ? StepKind::prefill : StepKind::decode));
    position += static_cast<std::int32_t>(step.tokens.size());
  }
  CHECK(sink.steps[1].tokens ==
        std::vector<std::int32_t>(prompt.begin() + 10, prompt.begin() + 20));
  CHECK(sink.steps[3].tokens == std::vector<std::int32_t>{sampled[0]});
  CHECK(engine.steps(sequence) == 4);
}

TEST_CASE("The events of one iteration come sequence by sequence, in the order of ids") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 100}, sink);
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 8};
  const SequenceId first = engine.add(EpisodeId{0}, random_tokens(10, 1), {}, policy);
  engine.add(EpisodeId{1}, random_tokens(1, 2), {}, {});
  const auto sampled = engine.step();
  REQUIRE(sampled.size() == 2);
  CHECK(sampled[0].sequence < sampled[1].sequence);
  CHECK(sink.log ==
        Log{"began", "began", "filled", "attended", "evicted", "freed", "filled", "attended"});
  CHECK(sink.evicted.at(0).episode == EpisodeId{0});
  CHECK(engine.live_tokens(first) == 6);
}

TEST_CASE("An auxiliary thread counts its own steps and goes on at its parent's positions") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 100}, sink);
  const SequenceId main = add(engine, random_tokens(20, 1));
  drain(engine);
  const SequenceId aux = engine.fork(main, random_tokens(3, 2), {});
  CHECK(sink.log.size() == 3);
  generate(engine, aux, 2);
  REQUIRE(sink.steps.size() == 3);
  CHECK(sink.steps[1].thread == Thread::auxiliary);
  CHECK(sink.steps[1].step == 0);
  CHECK(sink.steps[1].first == 20);
  CHECK(sink.steps[1].pages == std::vector<std::int32_t>{0, 1});
  CHECK(sink.steps[2].kind == StepKind::decode);
  CHECK(engine.steps(main) == 1);
}

TEST_CASE("A sink that wants no attention gets none") {
  class Indifferent final : public EventSink {
   public:
    void on(const Event& event) override {
      if (std::holds_alternative<PagesAttended>(event)) ++attended;
    }
    [[nodiscard]] bool wants_attention() const override { return false; }
    int attended = 0;
  };
  const model::Model model = tiny_model();
  Indifferent sink;
  Engine engine(model, {.pool_pages = 100}, sink);
  generate(engine, add(engine, random_tokens(20, 1)), 3);
  CHECK(sink.attended == 0);
}

}  // namespace
}  // namespace pagequest::runtime::test
