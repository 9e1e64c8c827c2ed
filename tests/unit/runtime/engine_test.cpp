// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("Queued tokens count for the next position before they are processed") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.pool_pages = 100, .prefill_chunk = 8}, sink);
  CHECK_FALSE(engine.has_queued_input());
  CHECK(engine.step().empty());
  const SequenceId sequence = add(engine, random_tokens(20, 1));
  CHECK(engine.has_queued_input());
  CHECK(engine.next_position(sequence) == 20);
  CHECK(engine.live_tokens(sequence) == 0);
  CHECK(engine.step().empty());
  CHECK(engine.live_tokens(sequence) == 8);
  CHECK(engine.next_position(sequence) == 20);
  drain(engine);
  CHECK(engine.live_tokens(sequence) == 20);
}

TEST_CASE("When the pool is exhausted the highest ids wait until pages come free") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 4, .prefill_chunk = 32}, sink);
  const SequenceId first = add(engine, random_tokens(32, 1));
  const SequenceId second = add(engine, random_tokens(32, 2));
  const SequenceId third = add(engine, random_tokens(32, 3));
  const auto sampled = engine.step();
  REQUIRE(sampled.size() == 2);
  CHECK(sampled[0].sequence == first);
  CHECK(sampled[1].sequence == second);
  CHECK(engine.pool_usage().used_pages == 4);
  CHECK(engine.has_queued_input());
  CHECK_THROWS_WITH(engine.step(), Contains("pool") && Contains("exhausted"));
  engine.release(first);
  const auto later = engine.step();
  REQUIRE(later.size() == 1);
  CHECK(later[0].sequence == third);
}

TEST_CASE("A chunk shrinks to the pages that are left") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 3}, sink);
  const SequenceId sequence = add(engine, random_tokens(60, 1));
  CHECK(engine.step().empty());
  CHECK(engine.live_tokens(sequence) == 48);
}

TEST_CASE("Positions beyond the model's context are a usage error that changes nothing") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.pool_pages = 100}, sink);
  const SequenceId sequence = add(engine, random_tokens(512, 1));
  const std::int32_t token = drain(engine).at(sequence);
  engine.append(sequence, {&token, 1});
  CHECK_THROWS_WITH(engine.step(), Contains("513") && Contains("512"));
  CHECK(engine.live_tokens(sequence) == 512);
}

TEST_CASE("An impossible configuration is refused by name") {
  const model::Model model = tiny_model();
  NullSink sink;
  const auto [config, field] = GENERATE(table<EngineConfig, std::string>({
      {{.page_size = 0}, "page_size"},
      {{.page_size = 65}, "page_size"},
      {{.pool_pages = 0}, "pool_pages"},
      {{.max_batch_tokens = 0}, "max_batch_tokens"},
      {{.prefill_chunk = -1}, "prefill_chunk"},
      {{.prefill_rows = 0}, "prefill_rows"},
      {{.threads = -1}, "threads"},
  }));
  CHECK_THROWS_WITH(Engine(model, config, sink), Contains(field));
}

TEST_CASE("Impossible sampling and unknown policies are refused, and leave no sequence behind") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.pool_pages = 10}, sink);
  CHECK_THROWS_AS(add(engine, {1}, {.temperature = -1.0F}), Error);
  CHECK_THROWS_AS(add(engine, {1}, {.temperature = 1.0F, .top_p = 0.0F}), Error);
  CHECK_THROWS_AS(add(engine, {1}, {}, {.name = "lru", .params = {}}), Error);
  CHECK_FALSE(engine.has_queued_input());
}

TEST_CASE("Seeded sampling repeats itself and depends on the seed") {
  const model::Model model = tiny_model();
  NullSink sink;
  std::vector<std::vector<std::int32_t>> runs;
  for (const std::uint64_t seed : {5U, 5U, 6U}) {
    Engine engine(model, {.pool_pages = 100}, sink);
    const Sampling sampling{.temperature = 1.5F, .top_p = 0.95F, .seed = seed};
    runs.push_back(generate(engine, add(engine, random_tokens(20, 1), sampling), 30));
  }
  CHECK(runs[0] == runs[1]);
  CHECK(runs[0] != runs[2]);
}

}  // namespace
}  // namespace pagequest::runtime::test
