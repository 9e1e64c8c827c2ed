// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against a naive model: every sequence is a list of (value, live), and the physical memory is
// simulated, so that a missing copy or a wrong page shows as a wrong value.
#include "engine/kv/page_table.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

namespace pagequest::kv {
namespace {

using Memory = std::map<std::int32_t, std::vector<int>>;  // physical page -> rows

/// Number of the j-th set bit.
std::size_t place_of(std::uint64_t bits, int j) {
  while (j-- > 0) bits &= bits - 1;
  return static_cast<std::size_t>(std::countr_zero(bits));
}

/// Row of the live token at `offset` in a logical page.
std::size_t row_of(const PageSlot& slot, std::size_t offset) {
  return place_of(slot.rows, std::popcount(slot.live & ((std::uint64_t{1} << offset) - 1)));
}

void move(Memory& memory, const RowMove& move) {
  for (int j = 0; j < std::popcount(move.from_rows); ++j) {
    memory[move.to.value][place_of(move.to_rows, j)] =
        memory[move.from.value][place_of(move.from_rows, j)];
  }
}

struct NaiveToken {
  int value;
  bool live;
};

/// A page table, the memory that it writes and what it should contain.
struct Twin {
  PageTable table;
  std::vector<NaiveToken> tokens;
};

class World {
 public:
  World(std::int32_t page_size, std::int32_t pages, std::uint64_t seed)
      : page_size_(page_size), pool_(pages), rng_(seed) {
    twins_.push_back({PageTable(pool_, page_size), {}});
  }

  void act() {
    const std::size_t at = rng_.below(twins_.size());
    switch (rng_.below(10)) {
      case 0:
        return fork(at);
      case 1:
        return remove(at);
      case 2:
      case 3:
        return evict(twins_[at]);
      case 4:
        return thin(twins_[at]);
      case 5:
        return compact(twins_[at]);
      default:
        return append(twins_[at]);
    }
  }

  void check() const {
    REQUIRE(pool_.conserved());
    std::map<std::int32_t, std::int32_t> references;
    for (const Twin& twin : twins_) {
      check_tokens(twin);
      for (const PageSlot& slot : twin.table.slots()) {
        REQUIRE((slot.physical.value >= 0) == (slot.live != 0));
        REQUIRE(std::popcount(slot.rows) == std::popcount(slot.live));
        if (slot.live != 0) ++references[slot.physical.value];
      }
    }
    REQUIRE(pool_.used_pages() == static_cast<std::int32_t>(references.size()));
    for (const auto& [page, count] : references) REQUIRE(pool_.references(PageId{page}) == count);
  }

 private:
  void append(Twin& twin) {
    const auto count =
        static_cast<std::int32_t>(rng_.below(2 * static_cast<unsigned>(page_size_) + 2));
    const std::int32_t needed = twin.table.pages_needed(count);
    const std::int32_t free_before = pool_.free_pages();
    if (needed > free_before) return;
    for (const PageCopy& copy : twin.table.append(count)) {
      memory_[copy.to.value] = memory_[copy.from.value];
    }
    REQUIRE(free_before - pool_.free_pages() == needed);
    for (std::int32_t i = 0; i < count; ++i) {
      const auto position = static_cast<std::int32_t>(twin.tokens.size());
      const PageSlot& slot = twin.table.slots()[static_cast<std::size_t>(position / page_size_)];
      auto& page = memory_[slot.physical.value];
      page.resize(static_cast<std::size_t>(page_size_));
      page[static_cast<std::size_t>(position % page_size_)] = ++last_value_;
      twin.tokens.push_back({last_value_, true});
    }
  }

  void evict(Twin& twin) {
    const auto size = static_cast<int>(twin.tokens.size());
    const int first = rng_.between(0, size);
    evict(twin, first, rng_.between(0, std::min(size - first, 3 * page_size_)));
  }

  /// Leaves one token in a few.
  void thin(Twin& twin) {
    const auto size = static_cast<int>(twin.tokens.size());
    const int step = rng_.between(2, 6);
    for (int t = rng_.between(0, size); t + step <= size; t += step) evict(twin, t, step - 1);
  }

  void compact(Twin& twin) {
    const std::int32_t used_before = pool_.used_pages();
    std::vector<RowMove> moves = twin.table.compact();
    REQUIRE(std::cmp_equal(used_before - pool_.used_pages(), moves.size()));
    rng_.shuffle(moves);  // their order must not matter
    for (const RowMove& one : moves) move(memory_, one);
    REQUIRE(twin.table.compact().empty());
  }

  void evict(Twin& twin, int first, int count) {
    std::int32_t dropped = 0;
    std::set<std::int32_t> freed;
    for (int t = first; t < first + count; ++t) {
      NaiveToken& token = twin.tokens[static_cast<std::size_t>(t)];
      if (!token.live) continue;
      token.live = false;
      ++dropped;
      freed.insert(t / page_size_);
    }
    for (std::size_t t = 0; t < twin.tokens.size(); ++t) {
      if (twin.tokens[t].live) freed.erase(static_cast<std::int32_t>(t) / page_size_);
    }
    const Dropped result = twin.table.evict({first, count});
    REQUIRE(result.tokens == dropped);
    REQUIRE(result.free_pages == std::vector<std::int32_t>(freed.begin(), freed.end()));
  }

  void fork(std::size_t at) {
    if (twins_.size() < 6) twins_.push_back({twins_[at].table.fork(), twins_[at].tokens});
  }

  void remove(std::size_t at) {
    if (rng_.chance(0.5)) {
      twins_[at].table.clear();
      for (NaiveToken& token : twins_[at].tokens) token.live = false;
    } else if (twins_.size() > 1) {
      twins_.erase(twins_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  void check_tokens(const Twin& twin) const {
    REQUIRE(twin.table.next_position() == static_cast<std::int32_t>(twin.tokens.size()));
    std::int32_t live = 0;
    for (std::size_t t = 0; t < twin.tokens.size(); ++t) {
      REQUIRE(twin.table.live_tokens_before(static_cast<std::int32_t>(t)) == live);
      const std::size_t offset = t % static_cast<std::size_t>(page_size_);
      const PageSlot& slot = twin.table.slots()[t / static_cast<std::size_t>(page_size_)];
      REQUIRE(((slot.live >> offset) & 1U) == (twin.tokens[t].live ? 1U : 0U));
      if (!twin.tokens[t].live) continue;
      ++live;
      REQUIRE(memory_.at(slot.physical.value)[row_of(slot, offset)] == twin.tokens[t].value);
    }
    REQUIRE(twin.table.live_tokens() == live);
  }

  std::int32_t page_size_;
  PagePool pool_;
  Rng rng_;
  Memory memory_;
  std::vector<Twin> twins_;  // declared behind the pool, which must outlive the tables
  int last_value_ = 0;
};

TEST_CASE("Page tables behave like lists of tokens under random operations") {
  const std::int32_t page_size = GENERATE(1, 3, 16, 64);
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  World world(page_size, 40, seed);
  for (int i = 0; i < 400; ++i) {
    world.act();
    world.check();
  }
}

TEST_CASE("Whoever writes a shared page first gets a copy, the other one keeps the original") {
  PagePool pool(8);
  PageTable parent(pool, 4);
  CHECK(parent.append(6).empty());  // pages 0 and 1, the second half full
  PageTable child = parent.fork();
  CHECK(pool.used_pages() == 2);

  const auto copies = parent.append(1);
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].from == child.slots()[1].physical);
  CHECK(copies[0].to == parent.slots()[1].physical);
  CHECK(child.append(1).empty());
  CHECK(pool.used_pages() == 3);
}

TEST_CASE("A fork at a page's end copies nothing") {
  PagePool pool(8);
  PageTable parent(pool, 4);
  parent.append(8);
  PageTable child = parent.fork();
  CHECK(parent.pages_needed(1) == 1);
  CHECK(parent.append(1).empty());
  CHECK(child.append(1).empty());
  CHECK(pool.used_pages() == 4);
}

TEST_CASE("A page whose tokens were all evicted is mapped again when it is written") {
  PagePool pool(8);
  PageTable table(pool, 4);
  table.append(2);
  CHECK(table.evict({0, 2}).free_pages == std::vector<std::int32_t>{0});
  CHECK(pool.used_pages() == 0);
  CHECK(table.pages_needed(1) == 1);
  table.append(1);
  CHECK(table.slots()[0].live == 0b100);
  CHECK(table.next_position() == 3);
}

}  // namespace
}  // namespace pagequest::kv
