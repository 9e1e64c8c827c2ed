// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Layers with a sliding window, against dense attention that masks what a window has passed
// (Mistral: every layer), and against runs that keep everything (gpt-oss: every other layer).
#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

constexpr const char* kMistral = "tests/reference/families/mistral/f32";
constexpr const char* kGptOss = "tests/reference/families/gpt_oss/f32";

TEST_CASE("Sliding-window layers equal masked attention although what they passed is freed") {
  const std::int32_t page_size = GENERATE(16, 64);
  const std::int32_t chunk = GENERATE(7, 64);
  const model::Model model = model::Model::load(kMistral);
  const std::int32_t window = model.config().window(0);
  REQUIRE(window == 50);
  RecordingSink sink;
  Engine engine(model, {.page_size = page_size, .pool_pages = 100, .prefill_chunk = chunk}, sink);
  const SequenceId sequence = add(engine, random_tokens(120, 1));
  generate(engine, sequence, 30);
  const DenseResult expected = DenseLlama(kMistral).run(
      tokens_of(sink.steps, Thread::main),
      [&](auto row, auto token) { return token + static_cast<std::size_t>(window) > row; });
  CHECK(largest_difference(logits_of(engine, sequence), expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, model.config(), page_size) < 1e-5);
    CHECK(step.first_page == std::vector<std::int32_t>{0, 0});
  }
  CHECK(engine.pool_usage().used_pages == (page_size == 16 ? 4 : 2));
  CHECK(engine.live_tokens(sequence) == window - 1);
  CHECK(sink.freed.empty());
  CHECK(sink.evicted.empty());
}

TEST_CASE("Only the groups with a window free what it has passed, and masses say which pages") {
  const model::Model model = model::Model::load(kGptOss);
  const std::int32_t window = model.config().window(0);
  REQUIRE(window == 40);
  RecordingSink sink;
  Engine engine(model, {.page_size = 8, .pool_pages = 100}, sink);
  REQUIRE(engine.kv_groups().count() == 2);
  const SequenceId sequence = add(engine, random_tokens(120, 1));
  generate(engine, sequence, 10);
  // Position 128 is the last one computed: the next query sees those above 129 - 40.
  CHECK(engine.pool_usage().used_pages == 17 + 6);
  CHECK(engine.pool_usage().total_pages == 200);
  CHECK(engine.live_tokens(sequence) == 129);
  CHECK(engine.mapped_pages(sequence) == 17);
  const RecordedStep& last = sink.steps.back();
  CHECK(last.pages.size() == 17);
  CHECK(last.first_page == std::vector<std::int32_t>{11, 0, 11, 0});
  for (std::int32_t layer = 0; layer < 4; ++layer) {
    for (std::int32_t head = 0; head < 2; ++head) {
      const auto row = static_cast<std::size_t>(layer * 2 + head);
      double sum = last.sink_share.at(row);
      for (std::size_t page = 0; page < 17; ++page) {
        const float mass = last.mean.at(row * 17 + page);
        sum += mass;
        const bool seen = layer % 2 == 1 || page >= 11;
        CHECK((mass > 0.0F) == seen);
      }
      CHECK(sum == Approx(1.0).margin(1e-5));
    }
  }
}

/// Logits of a sequence and its fork after many steps.
std::vector<std::vector<float>> play(const model::Model& model, const EngineConfig& config,
                                     std::int64_t& preemptions) {
  NullSink sink;
  Engine engine(model, config, sink);
  const SequenceId first = add(engine, random_tokens(90, 1));
  const SequenceId second = add(engine, random_tokens(70, 2));
  generate(engine, first, 20);
  const SequenceId fork = engine.fork(first, random_tokens(5, 3), {});
  generate(engine, fork, 20);
  engine.append(first, random_tokens(9, 4));
  engine.append(second, random_tokens(50, 5));
  drain(engine);
  preemptions = engine.pool_usage().preemptions;
  return {logits_of(engine, first), logits_of(engine, second), logits_of(engine, fork)};
}

TEST_CASE("Windows survive preemption, shared prefixes and tables per head bit for bit") {
  const std::string folder = GENERATE(as<std::string>{}, kMistral, kGptOss);
  const model::Model model = model::Model::load(folder);
  std::int64_t preemptions = 0;
  const EngineConfig config{.page_size = 8, .pool_pages = 400};
  const auto expected = play(model, config, preemptions);
  CHECK(preemptions == 0);

  EngineConfig small = config;
  small.pool_pages = folder == kMistral ? 16 : 20;
  CHECK(play(model, small, preemptions) == expected);
  CHECK(preemptions > 0);

  EngineConfig per_head = config;
  per_head.kv_tables = KvTables::per_head;
  CHECK(play(model, per_head, preemptions) == expected);

  EngineConfig sharing = config;
  sharing.prefix_sharing = true;
  CHECK(play(model, sharing, preemptions) == expected);
}

}  // namespace
}  // namespace pagequest::runtime::test
