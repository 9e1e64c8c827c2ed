// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Tables of each (layer, KV head), against dense attention with a mask for each head.
#include <map>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

/// Two layers and two KV heads; (layer, KV head) is group 2 * layer + head.
constexpr std::int32_t kGroups = 4;

TEST_CASE("Tables per head give the same bits as one table") {
  const model::Model model = tiny_model();
  std::vector<std::vector<RecordedStep>> steps;
  for (const KvTables tables : {KvTables::shared, KvTables::per_head}) {
    RecordingSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = 200, .kv_tables = tables}, sink);
    const kv::PolicySpec policy{.name = "h2o", .params = {}, .budget_tokens = 40};
    const SequenceId sequence = add(engine, random_tokens(60, 1), {}, policy);
    generate(engine, sequence, 20);
    CHECK(engine.mapped_pages(sequence) * engine.kv_groups().count() ==
          engine.pool_usage().used_pages);
    CHECK(engine.kv_groups().count() == (tables == KvTables::shared ? 1 : kGroups));
    steps.push_back(sink.steps);
  }
  CHECK(steps[0] == steps[1]);
}

TEST_CASE("Evictions from single heads free their pages only and equal attention masked per head") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 200, .kv_tables = KvTables::per_head}, sink);
  const SequenceId sequence = add(engine, random_tokens(40, 1));
  generate(engine, sequence, 2);
  CHECK(engine.pool_usage().used_pages == 11 * kGroups);

  const std::map<std::int32_t, TokenSpan> evicted{{0, {.first = 4, .count = 9}},
                                                  {3, {.first = 20, .count = 13}}};
  for (const auto& [group, span] : evicted) engine.evict(sequence, group, span);
  CHECK(engine.pool_usage().used_pages == 11 * kGroups - 2 - 3);
  CHECK(engine.live_tokens(sequence) == 41);
  CHECK(engine.mapped_pages(sequence) == 11);

  engine.append(sequence, random_tokens(1, 2));
  generate(engine, sequence, 20);
  const auto visible = [&](std::int32_t layer, std::int32_t head, std::size_t row,
                           std::size_t token) {
    const auto found = evicted.find(2 * layer + head);
    if (found == evicted.end() || row < 41) return true;
    const auto position = static_cast<std::int32_t>(token);
    return position < found->second.first || position >= found->second.end();
  };
  const DenseResult expected =
      DenseLlama("tests/reference/tiny").run_heads(tokens_of(sink.steps, Thread::main), visible);
  CHECK(largest_difference(logits_of(engine, sequence), expected.logits.back()) < 1e-3);
  for (const RecordedStep& step : sink.steps) {
    CAPTURE(step.step);
    CHECK(mass_error(step, expected, model.config(), 4) < 1e-5);
  }
}

TEST_CASE("A token is live until the last head has lost it") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 4, .pool_pages = 200, .kv_tables = KvTables::per_head}, sink);
  const SequenceId sequence = add(engine, random_tokens(12, 1));
  drain(engine);
  for (std::int32_t group = 0; group < kGroups; ++group) {
    CHECK(engine.live_tokens(sequence) == 12);
    CHECK(engine.mapped_pages(sequence) == 3);
    engine.evict(sequence, group, {.first = 3, .count = 5});
  }
  CHECK(engine.live_tokens(sequence) == 7);
  CHECK(engine.mapped_pages(sequence) == 2);
}

TEST_CASE("Evictions from single heads are recomputed after a preemption") {
  const model::Model model = tiny_model();
  std::vector<std::vector<float>> logits;
  for (const std::int32_t pages : {200, 16}) {
    NullSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = pages, .kv_tables = KvTables::per_head},
                  sink);
    const SequenceId sequence = add(engine, random_tokens(40, 1));
    drain(engine);
    engine.evict(sequence, 2, {.first = 8, .count = 11});
    engine.append(sequence, random_tokens(4, 2));
    drain(engine);
    const SequenceId other = add(engine, random_tokens(50, 3));
    drain(engine);
    CHECK((engine.pool_usage().preemptions > 0) == (pages == 16));
    engine.release(other);
    engine.append(sequence, random_tokens(4, 4));
    drain(engine);
    logits.push_back(logits_of(engine, sequence));
  }
  CHECK(logits[0] == logits[1]);
}

}  // namespace
}  // namespace pagequest::runtime::test
