// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <limits>

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
  engine.release(first);
  const auto later = engine.step();
  REQUIRE(later.size() == 1);
  CHECK(later[0].sequence == third);
  CHECK(engine.pool_usage().preemptions == 0);
}

TEST_CASE("A sequence that outgrows the pool alone is a usage error") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 2}, sink);
  const SequenceId sequence = add(engine, random_tokens(32, 1));
  const std::int32_t token = drain(engine).at(sequence);
  engine.append(sequence, {&token, 1});
  CHECK_THROWS_WITH(engine.step(), Contains("pool") && Contains("exhausted") &&
                                       Contains("2 pages") && Contains("position 32"));
}

TEST_CASE("A prompt larger than the pool is refused at once") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 3}, sink);
  CHECK_THROWS_WITH(
      add(engine, random_tokens(49, 1)),
      Contains("prompt") && Contains("49 tokens") && Contains("4 pages") && Contains("at most 3"));
  CHECK(sink.log.empty());
  CHECK_NOTHROW(add(engine, random_tokens(48, 1)));
}

TEST_CASE("A budget policy takes a prompt that is larger than the pool") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 16, .prefill_chunk = 16}, sink);
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 40};
  const SequenceId sequence = add(engine, random_tokens(120, 1), {}, policy);
  CHECK(drain(engine).contains(sequence));
  CHECK(engine.live_tokens(sequence) <= 40);
}

TEST_CASE("A budget of bytes decides how many pages the pool has") {
  const model::Model model = tiny_model();
  NullSink sink;
  // Two layers, two KV heads, 16 tokens of 16 components, keys and values, four bytes each.
  constexpr std::int64_t kPageBytes = std::int64_t{2} * 2 * 16 * 16 * 2 * 4;
  Engine engine(model, {.pool_bytes = 5 * kPageBytes + 100}, sink);
  CHECK(engine.pool_usage().page_bytes == kPageBytes);
  CHECK(engine.pool_usage().total_pages == 5);
  Engine half(model, {.pool_bytes = 5 * kPageBytes + 100, .kv_storage = KvStorage::bf16}, sink);
  CHECK(half.pool_usage().page_bytes == kPageBytes / 2);
  CHECK(half.pool_usage().total_pages == 10);
  CHECK_THROWS_WITH(Engine(model, {.pool_bytes = kPageBytes - 1}, sink),
                    Contains("pool_bytes") && Contains(std::to_string(kPageBytes)));
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
      {{.pool_bytes = -1}, "pool_bytes"},
      {{.capture_options = {.thresholds = {0.5F, 0.1F}}}, "thresholds"},
      {{.capture_options = {.thresholds = {0.0F}}}, "thresholds"},
      {{.capture_options = {.thresholds = {1.5F}}}, "thresholds"},
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

TEST_CASE("Logits that are not numbers are an error that says where") {
  const model::Model model =
      pagequest::test::load_in_f32("tests/reference/tiny", [](model::Weights& weights) {
        weights.final_norm[3] = std::numeric_limits<float>::quiet_NaN();
      });
  NullSink sink;
  Engine engine(model, {.pool_pages = 10}, sink);
  engine.add(EpisodeId{5}, random_tokens(9, 1), {}, {});
  CHECK_THROWS_WITH(engine.step(),
                    Contains("NaN") && Contains("episode 5") && Contains("position 8"));
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
