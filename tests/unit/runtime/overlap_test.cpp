// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// An engine that holds a step's events back while the next pass runs, against one that sends them
// at once: the same tokens, events and pages, bit for bit, in the same order.
#include <tuple>
#include <utility>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/support/late_backend.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Log = std::vector<std::string>;
using pagequest::testing::LateBackend;

/// What came out of an engine.
struct Played {
  std::vector<RecordedStep> steps;
  std::vector<RecordedBounds> bounds;
  Log log;
  std::vector<std::tuple<EpisodeId, std::int32_t, std::int32_t, TokenSpan, std::int32_t>> evicted;
  std::vector<std::tuple<EpisodeId, std::int32_t, std::int32_t>> freed;
  std::vector<std::pair<SequenceId, std::int32_t>> tokens;
  std::vector<std::int32_t> used_pages;  // after each iteration
  std::vector<PageId> pages;             // at the end
  std::int64_t preemptions = 0;
};

/// Four episodes under different policies, an auxiliary thread, turns and a late newcomer.
class Scenario {
 public:
  Scenario(const model::Model& model, const EngineConfig& config, const BackendMaker& maker)
      : engine_(model, config, sink_, maker) {}

  Played play() {
    begin();
    for (std::int32_t i = 0; i < 60; ++i) {
      for (const SampledToken& sampled : engine_.step()) {
        played_.tokens.emplace_back(sampled.sequence, sampled.token);
        sampled_.push_back(sampled);
      }
      played_.used_pages.push_back(engine_.pool_usage().used_pages);
      for (const SampledToken& sampled : std::exchange(sampled_, {})) go_on(sampled, i);
      if (i == 20) newcomers();
      if (i == 35) release(mains_.at(1));
    }
    return finish();
  }

 private:
  static std::vector<std::int32_t> prompt_of(std::int32_t episode, std::int32_t tokens) {
    return random_tokens(tokens, static_cast<std::uint64_t>(episode));
  }

  void begin() {
    const kv::PolicySpec policies[] = {
        {.name = "streaming", .params = {}, .budget_tokens = 32},
        {.name = "h2o", .params = {}, .budget_tokens = 64},
        {.name = "random-document", .params = {}, .budget_tokens = 30},
        {}};
    for (std::int32_t i = 0; i < 4; ++i) {
      mains_.push_back(engine_.add(EpisodeId{i}, prompt_of(i, 12 + 23 * i), {}, policies[i]));
    }
  }

  /// The second one waits for room in the batch, and finds pages of the first one then.
  void newcomers() {
    for (std::int32_t i = 4; i < 6; ++i) {
      mains_.push_back(engine_.add(EpisodeId{i}, prompt_of(9, 90), {}, {}));
    }
  }

  void go_on(const SampledToken& sampled, std::int32_t i) {
    if (released_.contains(sampled.sequence)) return;
    if (sampled.sequence == mains_[3] && i == 12) {
      aux_ = engine_.fork(mains_[3], random_tokens(3, 99), {.temperature = 1.0F});
    }
    if (aux_ && sampled.sequence == *aux_ && i >= 25) return release(*aux_);
    engine_.append(sampled.sequence, {&sampled.token, 1});
    if (sampled.sequence == mains_[2] && i % 2 == 0) respond(i / 2);
    if (sampled.sequence == mains_[0] && i % 7 == 3) {
      engine_.turn_boundary(mains_[0], i / 7);
      engine_.notify(mains_[0], TurnBegan{.episode = EpisodeId{0}, .turn = i / 7});
    }
  }

  void respond(std::int32_t cursor) {
    const auto tokens = random_tokens(6, static_cast<std::uint64_t>(cursor));
    const std::int32_t next = engine_.next_position(mains_[2]);
    engine_.notify(mains_[2], ToolResponded{.episode = EpisodeId{2},
                                            .turn = 0,
                                            .cursor = cursor,
                                            .call = {.first = next - 1, .count = 1},
                                            .response = {.first = next, .count = 6},
                                            .tool = "open"});
    engine_.append(mains_[2], tokens);
  }

  void release(SequenceId sequence) {
    engine_.release(sequence);
    released_[sequence] = true;
  }

  Played finish() {
    engine_.flush();
    for (const TokensEvicted& e : sink_.evicted) {
      played_.evicted.emplace_back(e.episode, e.step, e.turn, e.span, e.tokens);
    }
    for (const PageFreed& e : sink_.freed) played_.freed.emplace_back(e.episode, e.step, e.page);
    for (const InspectedPage& page : engine_.inspect().pages) played_.pages.push_back(page.page);
    played_.preemptions = engine_.pool_usage().preemptions;
    played_.steps = sink_.steps;
    played_.bounds = sink_.bounds;
    played_.log = sink_.log;
    return std::move(played_);
  }

  RecordingSink sink_;
  Engine engine_;
  std::vector<SequenceId> mains_;
  std::optional<SequenceId> aux_;
  std::map<SequenceId, bool> released_;
  std::vector<SampledToken> sampled_;
  Played played_;
};

void check_same(const Played& a, const Played& b) {
  CHECK(a.tokens == b.tokens);
  CHECK(a.log == b.log);
  CHECK(a.steps == b.steps);
  CHECK(a.bounds == b.bounds);
  CHECK(a.evicted == b.evicted);
  CHECK(a.freed == b.freed);
  CHECK(a.used_pages == b.used_pages);
  CHECK(a.pages == b.pages);
  CHECK(a.preemptions == b.preemptions);
}

EngineConfig config_of(std::int32_t lag, std::int32_t prefill_chunk) {
  EngineConfig config{.page_size = 16, .pool_pages = 20, .prefix_sharing = true};
  config.max_batch_tokens = prefill_chunk + 7;
  config.prefill_chunk = prefill_chunk;
  config.threads = 2;
  config.policy_lag_steps = lag;
  config.overlap = false;
  config.capture_options = {.query_heads = true, .query_cosine = true, .key_bounds = true};
  return config;
}

TEST_CASE("Events that are held back while the next pass runs are those of an engine that waits") {
  const std::string name = GENERATE("tests/reference/tiny", "tests/reference/families/gpt_oss/f32");
  const std::int32_t lag = GENERATE(1, 3);
  const std::int32_t prefill_chunk = GENERATE(5, 64);
  CAPTURE(name, lag, prefill_chunk);
  const model::Model model = pagequest::test::load_in_f32(name);
  EngineConfig config = config_of(lag, prefill_chunk);
  const Played waiting = Scenario(model, config, cpu_backend_maker()).play();
  REQUIRE(waiting.evicted.size() >= 10);
  REQUIRE(waiting.preemptions > 0);
  config.overlap = true;
  check_same(Scenario(model, config, cpu_backend_maker()).play(), waiting);
  check_same(Scenario(model, config, LateBackend::maker()).play(), waiting);
}

TEST_CASE("A backend that computes as late as it may gives what one gives that computes at once") {
  const model::Model model = tiny_model();
  EngineConfig config = config_of(0, 16);
  config.compact_pages = GENERATE(false, true);
  check_same(Scenario(model, config, LateBackend::maker()).play(),
             Scenario(model, config, cpu_backend_maker()).play());
}

EngineConfig overlapping() {
  return {.page_size = 4, .pool_pages = 100, .policy_lag_steps = 1, .overlap = true};
}

TEST_CASE("An overlapping engine sends a step's events with the next step, or when asked") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, overlapping(), sink);
  const SequenceId sequence = add(engine, random_tokens(9, 1));
  const std::int32_t token = engine.step()[0].token;
  CHECK(sink.log == Log{"began"});
  engine.append(sequence, {&token, 1});
  CHECK(engine.live_tokens(sequence) == 9);
  CHECK(sink.log == Log{"began"});
  (void)engine.step();
  CHECK(sink.log == Log{"began", "filled", "attended"});
  SECTION("flush") { CHECK_NOTHROW(engine.flush()); }
  SECTION("a step without input") { CHECK(engine.step().empty()); }
  SECTION("steps") { CHECK(engine.steps(sequence) == 2); }
  SECTION("inspect") { CHECK(engine.inspect().pages.size() == 3); }
  SECTION("release") { CHECK_NOTHROW(engine.release(sequence)); }
  SECTION("turn_boundary") { CHECK_NOTHROW(engine.turn_boundary(sequence, 1)); }
  CHECK(sink.log == Log{"began", "filled", "attended", "filled", "attended"});
  CHECK(sink.steps.back().tokens == std::vector<std::int32_t>{token});
}

TEST_CASE("What a caller reports comes behind the events that were held back") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, overlapping(), sink);
  const SequenceId sequence = add(engine, random_tokens(9, 1));
  (void)engine.step();
  engine.notify(sequence, TurnBegan{.episode = kEpisode, .turn = 0});
  engine.add(EpisodeId{1}, random_tokens(5, 2), {}, {});
  CHECK(sink.log == Log{"began", "filled", "attended", "other", "began"});
}

/// A step fills a page at whose end a tool response goes that lies in the page.
RecordingSink fill_and_drop(const model::Model& model, const kv::PolicySpec& policy) {
  RecordingSink sink;
  EngineConfig config = overlapping();
  config.page_size = 16;
  config.capture_options.key_bounds = true;
  Engine engine(model, config, sink);
  const SequenceId sequence = add(engine, random_tokens(20, 1), {}, policy);
  (void)engine.step();
  const std::int32_t lengths[] = {6, 2};
  for (std::int32_t cursor = 0; cursor < 2; ++cursor) {
    const std::int32_t next = engine.next_position(sequence);
    engine.notify(sequence, ToolResponded{.episode = kEpisode,
                                          .turn = 0,
                                          .cursor = cursor,
                                          .call = {.first = next - 1, .count = 1},
                                          .response = {.first = next, .count = lengths[cursor]},
                                          .tool = "open"});
    engine.append(sequence, random_tokens(lengths[cursor], 2));
    (void)engine.step();
  }
  engine.append(sequence, random_tokens(4, 3));
  (void)engine.step();
  engine.flush();
  return sink;
}

TEST_CASE("The bounds of a page count the tokens that go at the end of the step that filled it") {
  const model::Model model = tiny_model();
  const RecordingSink dropped =
      fill_and_drop(model, {.name = "random-document", .params = {}, .budget_tokens = 1});
  REQUIRE(dropped.evicted.size() == 1);
  CHECK(dropped.evicted[0].span == TokenSpan{.first = 20, .count = 6});
  CHECK(dropped.evicted[0].step == 3);
  REQUIRE(dropped.bounds.size() == 2);
  CHECK(dropped.bounds[1].step == 3);
  CHECK(dropped.bounds == fill_and_drop(model, {}).bounds);
}

TEST_CASE("Events of a step whose logits are not finite come before the error") {
  const model::Model model =
      pagequest::test::load_in_f32("tests/reference/tiny", [](model::Weights& weights) {
        weights.final_norm[3] = std::numeric_limits<float>::infinity();
      });
  RecordingSink sink;
  Engine engine(model, overlapping(), sink);
  add(engine, random_tokens(9, 1));
  CHECK_THROWS_AS(engine.step(), Error);
  CHECK(sink.log == Log{"began", "filled", "attended"});
}

}  // namespace
}  // namespace pagequest::runtime::test
