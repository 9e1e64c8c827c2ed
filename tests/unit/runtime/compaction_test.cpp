// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// An engine that compacts pages against one that leaves holes: the same calls must give the same
// tokens and events and, but for the order of sums, the same numbers, in fewer pages.
#include <bit>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

constexpr std::int32_t kPageSize = 8;

struct Played {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;
  std::vector<RecordedStep> steps;
  std::int32_t used_pages = 0;
};

/// Of every `keep` tokens from `first` to `end` one stays, in all KV groups, another one in each.
void thin(Engine& engine, SequenceId sequence, std::int32_t first, std::int32_t end,
          std::int32_t keep) {
  for (std::int32_t group = 0; group < engine.kv_groups().count(); ++group) {
    for (std::int32_t p = first + group % keep; p + keep <= end; p += keep) {
      engine.evict(sequence, group, {.first = p + 1, .count = keep - 1});
    }
  }
}

/// Evicts inside of pages before, between and after moves, and from pages that were moved.
Played play(const model::Model& model, const EngineConfig& config) {
  Played played;
  RecordingSink sink;
  Engine engine(model, config, sink);
  const SequenceId sequence = add(engine, random_tokens(70, 1));
  const auto go_on = [&](std::int32_t count) {
    const auto more = generate(engine, sequence, count);
    played.tokens.insert(played.tokens.end(), more.begin(), more.end());
    engine.append(sequence, {&more.back(), 1});
  };
  go_on(2);
  thin(engine, sequence, 0, 40, 4);
  go_on(3);
  thin(engine, sequence, 40, 71, 3);
  go_on(12);
  thin(engine, sequence, 0, 56, 7);
  go_on(6);
  played.logits = logits_of(engine, sequence);
  played.steps = sink.steps;
  played.used_pages = engine.pool_usage().used_pages;
  return played;
}

EngineConfig config_of(bool compacts) {
  return {.page_size = kPageSize,
          .pool_pages = 100,
          .compact_pages = compacts,
          .prefill_chunk = 16,
          .capture_options = {.query_heads = true, .thresholds = {0.01F, 0.05F}}};
}

void check_alike(const Played& a, const Played& b, double tolerance) {
  CHECK(a.tokens == b.tokens);
  CHECK(largest_difference(a.logits, b.logits) < tolerance);
  REQUIRE(a.steps.size() == b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    CHECK(a.steps[i].pages == b.steps[i].pages);
    CHECK(a.steps[i].tokens_above == b.steps[i].tokens_above);
    CHECK(largest_difference(a.steps[i].mean, b.steps[i].mean) < tolerance);
    CHECK(largest_difference(a.steps[i].max, b.steps[i].max) < tolerance);
    CHECK(largest_difference(a.steps[i].query_head_mass, b.steps[i].query_head_mass) < tolerance);
  }
}

TEST_CASE("Compacted pages hold what the pages with holes held, in every storage") {
  const KvStorage storage = GENERATE(KvStorage::f32, KvStorage::bf16, KvStorage::int8);
  const KvTables tables = GENERATE(KvTables::shared, KvTables::per_head);
  CAPTURE(storage, tables);
  const model::Model model = tiny_model();
  Played played[2];
  for (const bool compacts : {false, true}) {
    EngineConfig config = config_of(compacts);
    config.kv_storage = storage;
    config.kv_tables = tables;
    played[compacts ? 1 : 0] = play(model, config);
  }
  check_alike(played[1], played[0], 1e-5);
  CHECK(played[1].used_pages < played[0].used_pages * 3 / 4);
}

TEST_CASE("Groups with a window keep their pages") {
  const model::Model model = pagequest::test::load_in_f32("tests/reference/families/gpt_oss/f32");
  const Played holes = play(model, config_of(false));
  const Played compacted = play(model, config_of(true));
  check_alike(compacted, holes, 1e-5);
  CHECK(compacted.used_pages < holes.used_pages);
}

TEST_CASE("Preempted sequences compact what they recompute to the same bits") {
  const model::Model model = tiny_model();
  Played played[2];
  for (const std::int32_t pages : {100, 11}) {
    RecordingSink sink;
    EngineConfig config = config_of(true);
    config.pool_pages = pages;
    Engine engine(model, config, sink);
    const SequenceId sequence = add(engine, random_tokens(60, 1));
    drain(engine);
    thin(engine, sequence, 0, 56, 4);
    engine.append(sequence, random_tokens(4, 2));
    drain(engine);
    const SequenceId other = add(engine, random_tokens(80, 3));
    drain(engine);
    engine.release(other);
    CHECK((engine.pool_usage().preemptions > 0) == (pages == 11));
    Played& out = played[pages == 11 ? 1 : 0];
    engine.append(sequence, random_tokens(4, 4));
    out.tokens = generate(engine, sequence, 10);
    out.logits = logits_of(engine, sequence);
    out.used_pages = engine.pool_usage().used_pages;
  }
  CHECK(played[0].tokens == played[1].tokens);
  CHECK(played[0].logits == played[1].logits);
  CHECK(played[0].used_pages == played[1].used_pages);
}

TEST_CASE("A fork keeps its view of pages that its parent evicts from and compacts") {
  const model::Model model = tiny_model();
  std::vector<float> aux_logits[2];
  std::vector<float> main_logits[2];
  for (const bool compacts : {false, true}) {
    NullSink sink;
    Engine engine(model, config_of(compacts), sink);
    const SequenceId main = add(engine, random_tokens(60, 1));
    drain(engine);
    thin(engine, main, 0, 56, 8);
    engine.append(main, random_tokens(1, 2));
    drain(engine);
    const SequenceId aux = engine.fork(main, random_tokens(3, 3), {});
    thin(engine, main, 0, 56, 16);
    engine.append(main, random_tokens(9, 4));
    drain(engine);
    engine.append(aux, random_tokens(9, 5));
    drain(engine);
    aux_logits[compacts ? 1 : 0] = logits_of(engine, aux);
    engine.release(aux);
    engine.evict(main, 0, {.first = 60, .count = 3});
    engine.append(main, random_tokens(30, 6));
    drain(engine);
    main_logits[compacts ? 1 : 0] = logits_of(engine, main);
    engine.release(main);
    CHECK(engine.pool_usage().used_pages == 0);
  }
  CHECK(largest_difference(aux_logits[0], aux_logits[1]) < 1e-4);
  CHECK(largest_difference(main_logits[0], main_logits[1]) < 1e-4);
}

TEST_CASE("Cached prefixes stay as they were computed") {
  const model::Model model = tiny_model();
  EngineConfig config = config_of(true);
  config.prefix_sharing = true;
  NullSink sink;
  Engine engine(model, config, sink);
  const SequenceId first = add(engine, random_tokens(60, 1));
  drain(engine);
  const std::vector<float> expected = logits_of(engine, first);
  thin(engine, first, 0, 56, 8);
  engine.append(first, random_tokens(40, 2));
  drain(engine);
  const SequenceId second = add(engine, random_tokens(60, 1));
  drain(engine);
  CHECK(logits_of(engine, second) == expected);
}

TEST_CASE("Moves wait for the next pass when a step fails, and later ones for them") {
  const model::Model model = tiny_model();
  std::vector<float> logits[2];
  for (const bool fails : {false, true}) {
    NullSink sink;
    Engine engine(model, config_of(true), sink);
    const SequenceId sequence = add(engine, random_tokens(60, 1));
    const SequenceId whole = add(engine, random_tokens(model.config().max_positions, 2));
    drain(engine);
    thin(engine, sequence, 0, 28, 4);
    if (fails) {
      engine.append(whole, random_tokens(1, 3));
      CHECK_THROWS(engine.step());
    }
    engine.release(whole);
    thin(engine, sequence, 0, 56, 8);
    engine.append(sequence, random_tokens(9, 4));
    drain(engine);
    logits[fails ? 1 : 0] = logits_of(engine, sequence);
  }
  CHECK(largest_difference(logits[0], logits[1]) < 1e-4);
}

TEST_CASE("The inspection lists all that lies in a compacted page, by positions") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, config_of(true), sink);
  const auto prompt = random_tokens(20, 1);
  const SequenceId sequence = add(engine, prompt);
  drain(engine);
  engine.evict(sequence, 0, {.first = 2, .count = 6});
  engine.evict(sequence, 0, {.first = 8, .count = 3});
  engine.append(sequence, random_tokens(1, 2));
  drain(engine);
  const Inspection seen = engine.inspect();
  REQUIRE(seen.pages.size() == 2);
  const InspectedPage& page = seen.pages[0];
  CHECK(page.references == 2);
  REQUIRE(page.owners.size() == 2);
  CHECK(page.owners[0].positions == std::vector<std::int32_t>{0, 1});
  CHECK(page.owners[0].tokens == std::vector<std::int32_t>{prompt[0], prompt[1]});
  CHECK(page.owners[1].positions == std::vector<std::int32_t>{11, 12, 13, 14, 15});
}

}  // namespace
}  // namespace pagequest::runtime::test
