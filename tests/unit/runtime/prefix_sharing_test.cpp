// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

/// `count` tokens that all such prompts begin with, and 10 of their own.
std::vector<std::int32_t> prompt(std::int32_t count, std::uint64_t own) {
  auto tokens = random_tokens(count, 77);
  const auto rest = random_tokens(10, own);
  tokens.insert(tokens.end(), rest.begin(), rest.end());
  return tokens;
}

TEST_CASE("Logits and tokens are the same bits with and without shared prefixes") {
  const std::int32_t common = GENERATE(15, 16, 50, 100);
  const model::Model model = tiny_model();
  std::vector<std::vector<std::int32_t>> tokens;
  std::vector<std::vector<float>> logits;
  std::vector<std::int32_t> pages;
  for (const bool shares : {false, true}) {
    NullSink sink;
    Engine engine(model, {.pool_pages = 100, .prefix_sharing = shares}, sink);
    const SequenceId first = add(engine, prompt(common, 1));
    generate(engine, first, 5);
    const SequenceId second = add(engine, prompt(common, 2));
    tokens.push_back(generate(engine, second, 20));
    logits.push_back(logits_of(engine, second));
    pages.push_back(engine.pool_usage().used_pages);
  }
  CHECK(tokens[0] == tokens[1]);
  CHECK(logits[0] == logits[1]);
  CHECK(pages[0] - pages[1] == common / 16);
}

TEST_CASE("Shared tokens are announced by a first step without attention") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 100, .prefix_sharing = true}, sink);
  add(engine, prompt(40, 1));
  drain(engine);
  const SequenceId second = engine.add(EpisodeId{1}, prompt(40, 2), {}, {});
  CHECK(engine.next_position(second) == 50);
  drain(engine);
  REQUIRE(sink.steps.size() == 3);
  const RecordedStep& shared = sink.steps[1];
  CHECK(shared.episode == EpisodeId{1});
  CHECK(shared.kind == StepKind::prefill);
  CHECK(shared.step == 0);
  CHECK(shared.first == 0);
  CHECK(shared.tokens == random_tokens(32, 77));
  CHECK(shared.query_rows == 0);
  const RecordedStep& rest = sink.steps[2];
  CHECK(rest.step == 1);
  CHECK(rest.first == 32);
  CHECK(rest.tokens.size() == 18);
  CHECK(rest.pages == std::vector<std::int32_t>{0, 1, 2, 3});
  CHECK(engine.live_tokens(second) == 50);
}

TEST_CASE("At least the last token of a prompt is computed") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 100, .prefix_sharing = true}, sink);
  const auto tokens = random_tokens(32, 1);
  const SequenceId first = add(engine, tokens);
  drain(engine);
  const SequenceId second = add(engine, tokens);
  drain(engine);
  CHECK(logits_of(engine, second) == logits_of(engine, first));
  REQUIRE(sink.steps.size() == 3);
  CHECK(sink.steps[1].tokens.size() == 16);
  CHECK(sink.steps[2].tokens.size() == 16);
}

TEST_CASE("A sequence that was evicted from leaves the chain; what it filled before stays") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model,
                {.page_size = 4, .pool_pages = 100, .prefix_sharing = true, .prefill_chunk = 16},
                sink);
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 24};
  const auto tokens = random_tokens(80, 1);
  const SequenceId evicted = add(engine, tokens, {}, policy);
  drain(engine);
  REQUIRE_FALSE(sink.evicted.empty());
  const std::int32_t before_evictions = 32;  // two chunks: the second one exceeds the budget
  CHECK(sink.evicted.front().step == 1);
  engine.release(evicted);
  const SequenceId fresh = add(engine, tokens);
  drain(engine);
  const auto shared = std::find_if(sink.steps.begin(), sink.steps.end(),
                                   [](const RecordedStep& step) { return step.query_rows == 0; });
  REQUIRE(shared != sink.steps.end());
  CHECK(std::ssize(shared->tokens) == before_evictions);

  NullSink none;
  Engine alone(model, {.page_size = 4, .pool_pages = 100}, none);
  const SequenceId expected = add(alone, tokens);
  drain(alone);
  CHECK(logits_of(engine, fresh) == logits_of(alone, expected));
}

TEST_CASE("Cached prefixes outlive their sequences until the pool needs their pages") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.pool_pages = 8, .prefix_sharing = true}, sink);
  engine.release([&] {
    const SequenceId sequence = add(engine, random_tokens(70, 1));
    drain(engine);
    return sequence;
  }());
  CHECK(engine.pool_usage().used_pages == 4);
  const SequenceId other = add(engine, random_tokens(100, 2));
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 8);
  CHECK(engine.pool_usage().preemptions == 0);
  engine.release(other);
  const SequenceId again = add(engine, random_tokens(70, 1));
  drain(engine);
  CHECK(sink.steps[sink.steps.size() - 2].tokens.size() == 16);
  CHECK(engine.live_tokens(again) == 70);
}

TEST_CASE("Forks share their parent's pages as before, and go on in its chain") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 100, .prefix_sharing = true}, sink);
  const SequenceId main = add(engine, random_tokens(10, 1));
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 3);
  const SequenceId aux = engine.fork(main, random_tokens(6, 2), {});
  CHECK(engine.pool_usage().used_pages == 3);
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 5);
  engine.release(aux);
  CHECK(engine.pool_usage().used_pages == 5);  // two full pages of the fork stay cached
  auto both = random_tokens(10, 1);
  const auto own = random_tokens(6, 2);
  both.insert(both.end(), own.begin(), own.end());
  both.push_back(3);
  add(engine, both);
  drain(engine);
  CHECK(engine.pool_usage().used_pages == 6);
}

TEST_CASE("A preempted sequence finds its beginning in the cache again") {
  const model::Model model = tiny_model();
  std::vector<std::vector<float>> logits;
  for (const bool shares : {false, true}) {
    NullSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = 14, .prefix_sharing = shares}, sink);
    const SequenceId first = add(engine, random_tokens(30, 1));
    generate(engine, first, 3);
    const SequenceId second = add(engine, random_tokens(40, 2));
    generate(engine, second, 3);
    CHECK(engine.pool_usage().preemptions == 1);
    engine.release(second);
    engine.append(first, random_tokens(3, 3));
    drain(engine);
    logits.push_back(logits_of(engine, first));
  }
  CHECK(logits[0] == logits[1]);
}

}  // namespace
}  // namespace pagequest::runtime::test
