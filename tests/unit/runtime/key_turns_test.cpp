// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// By hand, and against a count of the live tokens, one by one.
#include "engine/runtime/key_turns.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "engine/kv/page_pool.h"
#include "engine/runtime/rope_tables.h"

namespace pagequest::runtime {
namespace {

constexpr std::uint64_t kAll = ~0ULL;
constexpr std::int32_t kPageSize = 4;

struct Run {
  std::int64_t first, end;
  std::uint64_t rows;
  std::int32_t positions;
  bool operator==(const Run&) const = default;
};

std::vector<Run> runs_of(const kv::PageTable& table) {
  std::vector<Run> runs;
  for (const auto& run : key_turns(table)) {
    runs.push_back({run.first, run.end, run.rows, run.positions});
  }
  return runs;
}

/// By how many positions each row of the listed pages counts as later; -1: no run has the row.
std::int32_t turn_of(const std::vector<ops::TurnedPages>& runs, std::int64_t page,
                     std::int32_t row) {
  for (const ops::TurnedPages& run : runs) {
    if (page >= run.first && page < run.end && (run.rows >> row & 1) != 0) return run.positions;
  }
  return runs.empty() ? 0 : -1;
}

bool is_live(const kv::PageTable& table, std::int32_t position) {
  const auto page = static_cast<std::size_t>(position / table.page_size());
  return (table.slots()[page].live >> (position % table.page_size()) & 1) != 0;
}

/// Checks for every live token that its distance from the newest one, less its turn, is the number
/// of live tokens behind it.
void check_distances(const kv::PageTable& table) {
  const std::vector<ops::TurnedPages> runs = key_turns(table);
  const std::int32_t newest = table.next_position() - 1;
  std::int32_t live_behind = table.live_tokens();
  std::int64_t listed = 0;
  std::int32_t wrong = 0;
  for (const kv::PageSlot& slot : table.slots()) {
    const auto page = static_cast<std::int32_t>(&slot - table.slots().data());
    std::uint64_t rows = slot.rows;
    for (std::int32_t i = 0; i < table.page_size() && rows != 0; ++i) {
      const std::int32_t position = page * table.page_size() + i;
      if ((slot.live >> i & 1) == 0) continue;
      const std::int32_t row = std::countr_zero(rows);
      rows &= rows - 1;
      --live_behind;
      wrong += newest - position - turn_of(runs, listed, row) == live_behind ? 0 : 1;
    }
    listed += slot.live != 0 ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("Without a hole nothing turns") {
  kv::PagePool pool(8);
  kv::PageTable table(pool, kPageSize);
  CHECK(key_turns(table).empty());
  (void)table.append(10);
  CHECK(key_turns(table).empty());
}

TEST_CASE("Tokens before a hole count as later by its size, those behind it as they are") {
  kv::PagePool pool(8);
  kv::PageTable table(pool, kPageSize);
  (void)table.append(18);
  table.evict({.first = 4, .count = 8});
  CHECK(runs_of(table) == std::vector<Run>{{0, 1, kAll, 8}, {1, 3, kAll, 0}});
}

TEST_CASE("A page with a hole inside has a run for each side of it") {
  kv::PagePool pool(8);
  kv::PageTable table(pool, kPageSize);
  (void)table.append(14);
  table.evict({.first = 5, .count = 2});
  CHECK(runs_of(table) ==
        std::vector<Run>{{0, 1, kAll, 2}, {1, 2, 0b0001, 2}, {1, 2, 0b1000, 0}, {2, 4, kAll, 0}});
}

TEST_CASE("The first sink is as far from the newest token as there are live tokens between them") {
  kv::PagePool pool(64);
  kv::PageTable table(pool, kPageSize);
  (void)table.append(40);
  for (std::int32_t first = 4; first < 400; first += kPageSize) {
    table.evict({.first = first, .count = kPageSize});
    for (std::int32_t i = 0; i < kPageSize; ++i) {
      (void)table.append(1);
      const std::int32_t distance = table.next_position() - 1 - turn_of(key_turns(table), 0, 0);
      REQUIRE(distance == table.live_tokens() - 1);
    }
  }
}

TEST_CASE("With holes of any kind a distance is the number of live tokens between") {
  const std::int32_t page_size = GENERATE(1, 4, 13, 64);
  const bool compacts = GENERATE(false, true);
  CAPTURE(page_size, compacts);
  Rng rng(5);
  kv::PagePool pool(1000);
  kv::PageTable table(pool, page_size);
  for (int round = 0; round < 60; ++round) {
    (void)table.append(1 + static_cast<std::int32_t>(rng.below(20)));
    const auto first =
        static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(table.next_position())));
    const std::int32_t most = std::min(30, table.next_position() - first);
    const auto count = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(most)));
    table.evict({.first = first, .count = count});
    if (compacts) (void)table.compact();
    check_distances(table);
  }
  CHECK(table.live_tokens() > 0);
  CHECK(is_live(table, table.next_position() - 1));
}

TEST_CASE("A stored key that is turned is the key of the later position, scaled once") {
  model::ModelConfig config{};
  config.head_dim = 16;
  config.rope.type = model::RopeType::yarn;
  config.rope.theta = 10000.0;
  config.rope.factor = 4.0;
  config.rope.original_max_positions = 64;
  config.rope.attention_factor = 1.25;
  RopeTables tables(config);
  ForwardChunk chunk;
  chunk.first_position = 300;
  chunk.groups.push_back({.pages = {}, .turns = {{0, 1, kAll, 250}}, .columns = {}});
  tables.reserve({&chunk, 1});
  double worst = 0.0;
  for (std::int32_t pair = 0; pair < 8; ++pair) {
    const auto turned = [&](std::int32_t position, std::int32_t by) {
      const float* cosines = tables.positions.cosines(position) + pair;
      const float* sines = tables.positions.sines(position) + pair;
      const float c = tables.turns.cosines(by)[pair];
      const float s = tables.turns.sines(by)[pair];
      return std::pair(*cosines * c - *sines * s, *sines * c + *cosines * s);
    };
    const auto [low, high] = turned(49, 250);
    worst = std::max({worst, std::abs(double{low} - double{tables.positions.cosines(299)[pair]}),
                      std::abs(double{high} - double{tables.positions.sines(299)[pair]})});
  }
  CHECK(worst < 1e-4);
  CHECK(tables.positions.cosines(0)[0] == 1.25F);
  CHECK(tables.turns.cosines(0)[0] == 1.0F);
}

}  // namespace
}  // namespace pagequest::runtime
