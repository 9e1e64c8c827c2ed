// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// positions=compact against a dense recomputation that encodes, for each row, the tokens that are
// left by their places among them: what StreamingLLM does with the keys of its cache (arXiv
// 2309.17453, section 3.2) and kvpress's KeyRerotationPress with those that its scorer kept.
#include <catch2/catch.hpp>

#include "engine/runtime/engine_config.h"
#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

kv::PolicySpec streaming(const std::string& positions, std::int32_t budget) {
  return {.name = "streaming", .params = {{"positions", positions}}, .budget_tokens = budget};
}

void check_against_places(const RecordingSink& sink, const std::vector<float>& logits,
                          const model::ModelConfig& config, std::int32_t page_size) {
  const DenseResult expected =
      DenseLlama("tests/reference/tiny")
          .run(
              tokens_of(sink.steps, Thread::main),
              [&](std::size_t row, std::size_t token) { return was_visible(sink, row, token); },
              Numbering::place);
  CHECK(largest_difference(logits, expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, config, page_size) < 1e-5);
  }
}

TEST_CASE("Streaming with compact positions numbers tokens by their places in the cache") {
  const std::int32_t page_size = GENERATE(1, 4, 8);
  const bool compacts = GENERATE(false, true);
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(
      model,
      {.page_size = page_size, .pool_pages = 200, .compact_pages = compacts, .prefill_chunk = 16},
      sink);
  const SequenceId sequence = add(engine, random_tokens(60, 1), {}, streaming("compact", 40));
  generate(engine, sequence, 40);
  CHECK(sink.evicted.size() >= 6);
  check_against_places(sink, logits_of(engine, sequence), model.config(), page_size);
}

TEST_CASE("A response that SideQuest drops leaves no gap with compact positions") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 100, .prefill_chunk = 16}, sink);
  const SequenceId sequence = lose_response(engine, "compact");
  REQUIRE(sink.evicted.size() == 1);
  CHECK(sink.evicted[0].span == TokenSpan{21, 33});
  engine.append(sequence, random_tokens(7, 3));
  generate(engine, sequence, 10);
  check_against_places(sink, logits_of(engine, sequence), model.config(), 16);
}

TEST_CASE("Each head counts places among the tokens that it holds itself") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 200, .kv_tables = KvTables::per_head}, sink);
  const kv::PolicySpec policy{.name = "h2o",
                              .params = {{"sharing", "head"}, {"positions", "compact"}},
                              .budget_tokens = 1000};
  const SequenceId sequence = add(engine, random_tokens(40, 1), {}, policy);
  generate(engine, sequence, 2);
  const std::map<std::int32_t, TokenSpan> evicted{{0, {.first = 4, .count = 9}},
                                                  {3, {.first = 20, .count = 13}}};
  for (const auto& [group, span] : evicted) engine.evict(sequence, group, span);
  engine.append(sequence, random_tokens(1, 2));
  generate(engine, sequence, 20);
  const DenseResult expected =
      DenseLlama("tests/reference/tiny")
          .run_heads(
              tokens_of(sink.steps, Thread::main),
              [&](std::int32_t layer, std::int32_t head, std::size_t row, std::size_t token) {
                const auto found = evicted.find(2 * layer + head);
                if (found == evicted.end() || row < 41) return true;
                const auto position = static_cast<std::int32_t>(token);
                return position < found->second.first || position >= found->second.end();
              },
              Numbering::place);
  CHECK(largest_difference(logits_of(engine, sequence), expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, model.config(), 4) < 1e-5);
  }
}

TEST_CASE("Positions matter once something is gone, and not a bit before") {
  const std::int32_t budget = GENERATE(40, 400);
  const model::Model model = tiny_model();
  std::vector<std::vector<RecordedStep>> steps;
  std::vector<std::vector<float>> logits;
  for (const char* positions : {"original", "compact"}) {
    RecordingSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = 100}, sink);
    const SequenceId sequence = add(engine, random_tokens(60, 1), {}, streaming(positions, budget));
    // The same tokens in both, whatever the model would say.
    for (std::int32_t i = 0; i < 20; ++i) {
      drain(engine);
      engine.append(sequence, random_tokens(1, static_cast<std::uint64_t>(i)));
    }
    drain(engine);
    steps.push_back(sink.steps);
    logits.push_back(logits_of(engine, sequence));
  }
  CHECK((steps[0] == steps[1]) == (budget == 400));
  CHECK((logits[0] == logits[1]) == (budget == 400));
}

TEST_CASE("Stored keys keep their bits, so what others share of them does not change") {
  const KvStorage storage = GENERATE(KvStorage::f32, KvStorage::bf16, KvStorage::int8);
  const model::Model model = tiny_model();
  std::vector<std::vector<float>> fork_logits;
  std::vector<std::vector<float>> other_logits;
  for (const bool evicts : {false, true}) {
    NullSink sink;
    Engine engine(
        model, {.page_size = 4, .pool_pages = 200, .kv_storage = storage, .prefix_sharing = true},
        sink);
    const SequenceId main =
        add(engine, random_tokens(60, 1), {}, streaming("compact", evicts ? 64 : 1000));
    drain(engine);
    const SequenceId fork = engine.fork(main, random_tokens(2, 2), {});
    engine.append(main, random_tokens(40, 3));
    drain(engine);
    CHECK((engine.live_tokens(main) < 100) == evicts);
    engine.append(fork, random_tokens(5, 4));
    const SequenceId other = engine.add(EpisodeId{1}, random_tokens(60, 1), {}, {});
    drain(engine);
    fork_logits.push_back(logits_of(engine, fork));
    other_logits.push_back(logits_of(engine, other));
  }
  CHECK(fork_logits[0] == fork_logits[1]);
  CHECK(other_logits[0] == other_logits[1]);
}

TEST_CASE("A fork of a thread that closed gaps sees the cache as the thread itself would") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 100}, sink);
  const SequenceId main = lose_response(engine, "compact");
  const SequenceId fork = engine.fork(main, random_tokens(9, 3), {});
  engine.append(main, random_tokens(9, 3));
  drain(engine);
  CHECK(logits_of(engine, fork) == logits_of(engine, main));
}

TEST_CASE("Compact positions are refused where windows go by positions, and on a GPU") {
  const model::Model gpt_oss = model::Model::load("tests/reference/families/gpt_oss/f32");
  NullSink sink;
  Engine engine(gpt_oss, {.page_size = 8, .pool_pages = 100}, sink);
  CHECK_THROWS_WITH(add(engine, {1, 2}, {}, streaming("compact", 64)),
                    Catch::Matchers::Contains("window") && Catch::Matchers::Contains("original"));
  CHECK_NOTHROW(add(engine, {1, 2}, {}, streaming("original", 64)));
  const model::Model tiny = tiny_model();
  const EngineConfig gpu = resolve(EngineConfig{.device = Device::cuda}, tiny);
  CHECK_THROWS_WITH(controller_for(streaming("compact", 64), gpu, tiny.config()),
                    Catch::Matchers::Contains("`cuda`") && Catch::Matchers::Contains("cpu"));
  CHECK_NOTHROW(controller_for(streaming("original", 64), gpu, tiny.config()));
}

}  // namespace
}  // namespace pagequest::runtime::test
