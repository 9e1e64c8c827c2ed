// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/scheduler.h"

#include <deque>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Plan = std::vector<std::pair<std::int32_t, std::int32_t>>;  // (sequence, tokens)

model::ModelConfig one_layer() {
  model::ModelConfig model;
  model.layers = 1;
  model.kv_heads = 1;
  return model;
}

/// Sequences without an engine: their tables take pages, nothing is computed.
class Bench {
 public:
  explicit Bench(const EngineConfig& config)
      : config_(config), groups_(one_layer(), KvTables::shared), pool_(config.pool_pages) {}

  /// Computed tokens hold pages, queued ones wait.
  Sequence& add(std::int32_t computed, std::int32_t queued) {
    Sequence& sequence = sequences_.emplace_back(
        Sequence{.id = SequenceId{std::ssize(sequences_) > 0 ? sequences_.back().id.value + 1 : 0},
                 .episode = kEpisode,
                 .thread = Thread::main,
                 .sampling = {},
                 .history = History(groups_, config_.page_size),
                 .tables = SequenceTables(pool_, groups_, config_.page_size),
                 .controller = {}});
    sequence.history.append(random_tokens(computed, 1));
    (void)sequence.tables.append(computed);
    sequence.push(random_tokens(queued, 2));
    return sequence;
  }

  Schedule schedule(kv::PrefixCache* prefixes = nullptr) {
    std::vector<Sequence*> pointers;
    for (Sequence& sequence : sequences_) pointers.push_back(&sequence);
    return runtime::schedule(pointers, pool_, prefixes, config_);
  }

  Plan plan(kv::PrefixCache* prefixes = nullptr) {
    Plan result;
    for (const ScheduledChunk& chunk : schedule(prefixes).chunks) {
      result.emplace_back(chunk.sequence->id.value, chunk.tokens);
    }
    return result;
  }

  kv::PagePool& pool() { return pool_; }

 private:
  EngineConfig config_;
  KvGroups groups_;
  kv::PagePool pool_;
  std::deque<Sequence> sequences_;
};

/// What is scheduled for sequences with the given queue lengths, which have computed nothing.
Plan plan(const std::vector<std::int32_t>& queued, const EngineConfig& config) {
  Bench bench(config);
  for (const std::int32_t tokens : queued) bench.add(0, tokens);
  return bench.plan();
}

TEST_CASE("Every sequence with input takes part, up to a chunk each") {
  CHECK(plan({1, 0, 100, 20}, {.prefill_chunk = 64}) == Plan{{0, 1}, {2, 64}, {3, 20}});
  CHECK(plan({0, 0}, {}).empty());
}

TEST_CASE("Decoding sequences come first when the batch is full") {
  const EngineConfig config{.max_batch_tokens = 10, .prefill_chunk = 8};
  CHECK(plan({100, 1, 100, 1}, config) == Plan{{0, 8}, {1, 1}, {3, 1}});
}

TEST_CASE("A chunk for which the batch has no room waits whole, unless it is the only prompt") {
  const EngineConfig config{.max_batch_tokens = 10, .prefill_chunk = 8};
  CHECK(plan({6, 1, 100, 1}, config) == Plan{{0, 6}, {1, 1}, {3, 1}});
  CHECK(plan({1, 1, 1, 1, 1, 100}, config) == Plan{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 8}});
}

TEST_CASE("What the pool has no page for waits") {
  const EngineConfig config{.page_size = 4, .pool_pages = 3, .prefill_chunk = 8};
  CHECK(plan({8, 8, 1}, config) == Plan{{0, 8}, {2, 1}});
  CHECK(plan({8, 8}, config) == Plan{{0, 8}});
}

TEST_CASE("A sequence in need of pages preempts the newest one above it, and no older one") {
  Bench bench({.page_size = 4, .pool_pages = 6});
  Sequence& oldest = bench.add(8, 1);
  Sequence& needy = bench.add(8, 1);
  Sequence& newest = bench.add(8, 1);
  const Schedule schedule = bench.schedule();
  CHECK(schedule.preempted == 1);
  REQUIRE(schedule.chunks.size() == 2);
  CHECK(schedule.chunks[0].sequence == &oldest);
  CHECK(schedule.chunks[1].sequence == &needy);
  CHECK_FALSE(newest.tables.hold_pages());
  CHECK(newest.recomputes());
  CHECK(newest.history.next_position() == 8);
}

TEST_CASE("A preempted sequence recomputes its history in chunks before it takes from its queue") {
  Bench bench({.page_size = 4, .pool_pages = 10, .prefill_chunk = 6});
  Sequence& sequence = bench.add(8, 1);
  sequence.preempt();
  std::vector<std::int32_t> recomputed;
  while (sequence.recomputes()) {
    const ScheduledChunk chunk = bench.schedule().chunks.at(0);
    CHECK(chunk.recomputed);
    recomputed.push_back(chunk.tokens);
    (void)sequence.tables.append(chunk.tokens);
  }
  CHECK(recomputed == std::vector<std::int32_t>{6, 2});
  CHECK_FALSE(bench.schedule().chunks.at(0).recomputed);
}

TEST_CASE("Recomputation stops where the history has an eviction") {
  Bench bench({.page_size = 4, .pool_pages = 10});
  Sequence& sequence = bench.add(8, 0);
  (void)sequence.history.evict({.first = 0, .count = 3});
  sequence.history.append(random_tokens(4, 3));
  sequence.push(random_tokens(1, 4));
  sequence.preempt();
  CHECK(bench.plan() == Plan{{0, 8}});
  (void)sequence.tables.append(8);
  sequence.replay_evictions();
  CHECK(sequence.tables.tables()[0].live_tokens() == 5);
  CHECK(bench.plan() == Plan{{0, 4}});
}

TEST_CASE("An idle sequence is preempted only when no older one has input") {
  Bench bench({.page_size = 4, .pool_pages = 4});
  Sequence& idle = bench.add(8, 0);
  Sequence& needy = bench.add(8, 1);
  CHECK(bench.plan() == Plan{{1, 1}});
  CHECK_FALSE(idle.tables.hold_pages());
  CHECK(needy.tables.hold_pages());
}

TEST_CASE("Cached prefixes go before any sequence is preempted") {
  Bench bench({.page_size = 4, .pool_pages = 3});
  kv::PrefixCache prefixes(bench.pool());
  const PageId page = bench.pool().allocate();
  (void)prefixes.extend({}, random_tokens(4, 9), std::vector<PageId>{page});
  bench.pool().release(page);
  bench.add(4, 1);
  Sequence& other = bench.add(4, 0);
  CHECK(bench.plan(&prefixes) == Plan{{0, 1}});
  CHECK(prefixes.entries().empty());
  CHECK(other.tables.hold_pages());
}

TEST_CASE("A sequence that does not fit alone is a usage error that says where") {
  Bench bench({.page_size = 4, .pool_pages = 2});
  bench.add(8, 1);
  CHECK_THROWS_WITH(bench.schedule(), Catch::Matchers::Contains("exhausted") &&
                                          Catch::Matchers::Contains("position 8") &&
                                          Catch::Matchers::Contains("pool_pages"));
}

}  // namespace
}  // namespace pagequest::runtime::test
