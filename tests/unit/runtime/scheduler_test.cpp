// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/scheduler.h"

#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Plan = std::vector<std::pair<std::int32_t, std::int32_t>>;  // (sequence, tokens)

/// What is scheduled for sequences with the given queue lengths.
Plan plan(const std::vector<std::int32_t>& queued, const EngineConfig& config) {
  kv::PagePool pool(config.pool_pages);
  std::vector<Sequence> sequences;
  for (std::size_t i = 0; i < queued.size(); ++i) {
    sequences.push_back({.id = SequenceId{static_cast<std::int32_t>(i)},
                         .episode = kEpisode,
                         .thread = Thread::main,
                         .sampling = {},
                         .table = kv::PageTable(pool, config.page_size),
                         .controller = {}});
    sequences.back().push(random_tokens(queued[i], 1));
  }
  std::vector<Sequence*> pointers;
  for (Sequence& sequence : sequences) pointers.push_back(&sequence);
  Plan result;
  for (const ScheduledChunk& chunk : schedule(pointers, pool, config)) {
    result.emplace_back(chunk.sequence->id.value, chunk.tokens);
  }
  return result;
}

TEST_CASE("Every sequence with input takes part, up to a chunk each") {
  CHECK(plan({1, 0, 100, 20}, {.prefill_chunk = 64}) == Plan{{0, 1}, {2, 64}, {3, 20}});
  CHECK(plan({0, 0}, {}).empty());
}

TEST_CASE("Decoding sequences come first when the batch is full") {
  const EngineConfig config{.max_batch_tokens = 10, .prefill_chunk = 8};
  CHECK(plan({100, 1, 100, 1}, config) == Plan{{0, 8}, {1, 1}, {3, 1}});
  CHECK(plan({6, 1, 100, 1}, config) == Plan{{0, 6}, {1, 1}, {2, 2}, {3, 1}});
}

TEST_CASE("What the pool has no page for waits") {
  const EngineConfig config{.page_size = 4, .pool_pages = 3, .prefill_chunk = 8};
  CHECK(plan({8, 8, 1}, config) == Plan{{0, 8}, {2, 1}});
  CHECK(plan({8, 8}, config) == Plan{{0, 8}, {1, 4}});
}

}  // namespace
}  // namespace pagequest::runtime::test
