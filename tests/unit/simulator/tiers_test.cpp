// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "simulator/tiers/admission.h"
#include "simulator/tiers/tier_chain.h"

namespace pagequest::simulator {
namespace {

constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();
constexpr double kBlock = 1000.0;  // bytes

/// One byte a nanosecond up and down; a block takes 1000 ns.
TierSpec tier(const std::string& name, double blocks) {
  return {.name = name,
          .capacity_bytes = blocks * kBlock,
          .read_bytes_per_s = 1e9,
          .write_bytes_per_s = 1e9};
}

TierChain chain(std::vector<TierSpec> tiers, std::int32_t replicas = 1,
                WriteMode mode = WriteMode::on_evict) {
  return {std::move(tiers), kBlock, replicas, mode};
}

/// Stores the blocks one after the other, each when the one before is written; returns the time.
Nanoseconds fill(TierChain& tiers, const std::vector<BlockId>& ids, Nanoseconds now = 0) {
  for (const BlockId id : ids) {
    tiers.store(0, id, {.now = now});
    now += 10'000;
    tiers.advance(now);
  }
  return now;
}

/// Time that a fetch of these blocks takes.
Nanoseconds fetch_time(TierChain& tiers, const std::vector<BlockId>& ids, Nanoseconds now) {
  const TransferId fetch = tiers.fetch(0, ids, {.now = now});
  Nanoseconds end = now;
  for (std::vector<TransferId> done; done.empty(); done = tiers.complete(end)) {
    end = tiers.next_completion();
    REQUIRE(end < kNever);
    if (done = tiers.complete(end); !done.empty()) {
      CHECK(done == std::vector<TransferId>{fetch});
      break;
    }
  }
  return end - now;
}

TEST_CASE("A block can be matched once it is written") {
  TierChain tiers = chain({tier("dram", 4)});
  tiers.store(0, 1, {.now = 0});
  tiers.advance(999);
  const std::vector<BlockId> ids{1, 2};
  CHECK(tiers.match(0, ids) == 0);
  tiers.advance(1000);
  CHECK(tiers.match(0, ids) == 1);
  CHECK(tiers.next_completion() == kNever);  // nobody waits for a write
  CHECK(tiers.counters(0).stores == 1);
  CHECK(tiers.counters(0).write_busy_s == Approx(1e-6));
}

TEST_CASE("A fetch takes the tier's latency, bandwidth, size factor and decoding") {
  TierSpec spec = tier("ssd", 8);
  CHECK([&] {
    auto t = chain({spec});
    return fetch_time(t, {1, 2}, fill(t, {1, 2}));
  }() == 2000);
  spec.latency_s = 80e-6;
  CHECK([&] {
    auto t = chain({spec});
    return fetch_time(t, {1, 2}, fill(t, {1, 2}) + 100'000);
  }() == 82'000);
  spec.size_factor = 0.25;
  CHECK([&] {
    auto t = chain({spec});
    return fetch_time(t, {1, 2}, fill(t, {1, 2}) + 100'000);
  }() == 80'500);
  spec.decode_bytes_per_s = 0.5e9;  // slower than the link
  CHECK([&] {
    auto t = chain({spec});
    return fetch_time(t, {1, 2}, fill(t, {1, 2}) + 100'000);
  }() == 81'000);
}

TEST_CASE("Fetches share a link, and end in order of their ends, then of their ids") {
  TierChain tiers = chain({tier("dram", 8)});
  const Nanoseconds now = fill(tiers, {1, 2, 3, 4});
  const std::vector<BlockId> long_one{1, 2};
  const std::vector<BlockId> short_one{3};
  const TransferId first = tiers.fetch(0, long_one, {.now = now});
  const TransferId second = tiers.fetch(0, short_one, {.now = now});
  const TransferId third = tiers.fetch(0, short_one, {.now = now});
  CHECK(tiers.next_completion() == now + 3000);
  CHECK(tiers.complete(now + 2999).empty());
  CHECK(tiers.complete(now + 4000) == std::vector<TransferId>{second, third, first});
  CHECK(tiers.next_completion() == kNever);
  CHECK(tiers.counters(0).hits == 4);
  CHECK(tiers.counters(0).read_busy_s == Approx(4e-6));
}

TEST_CASE("A full tier evicts, to the tier below") {
  TierChain tiers = chain({tier("dram", 2), tier("ssd", 2)});
  fill(tiers, {1, 2, 3, 4, 5});
  CHECK(tiers.counters(0).evictions == 3);
  CHECK(tiers.counters(0).peak_blocks == 2);
  CHECK(tiers.counters(1).stores == 3);
  CHECK(tiers.counters(1).evictions == 1);
  const std::vector<BlockId> there{5, 4, 3, 2};
  const std::vector<BlockId> gone{1};
  CHECK(tiers.match(0, there) == 4);
  CHECK(tiers.match(0, gone) == 0);
}

TEST_CASE("A tier below is slower than the one above, and a fetch waits for both") {
  TierSpec slow = tier("ssd", 8);
  slow.read_bytes_per_s = 0.1e9;
  TierChain tiers = chain({tier("dram", 2), slow});
  const Nanoseconds now = fill(tiers, {1, 2, 3, 4});
  CHECK(fetch_time(tiers, {3, 4}, now) == 2000);
  CHECK(fetch_time(tiers, {1, 2}, now + 100'000) == 20'000);
  CHECK(fetch_time(tiers, {1, 2, 3}, now + 200'000) == 20'000);
  CHECK(tiers.counters(0).hits == 3);
  CHECK(tiers.counters(1).hits == 4);
}

TEST_CASE("A block is not evicted while it is fetched") {
  TierChain tiers = chain({tier("dram", 2)});
  const Nanoseconds now = fill(tiers, {1, 2});
  const std::vector<BlockId> both{1, 2};
  const TransferId fetch = tiers.fetch(0, both, {.now = now});
  tiers.store(0, 3, {.now = now + 1});
  CHECK(tiers.counters(0).refused == 1);
  CHECK(tiers.complete(now + 2000) == std::vector<TransferId>{fetch});
  CHECK(tiers.match(0, both) == 2);
  fill(tiers, {3}, now + 3000);
  CHECK(tiers.match(0, both) == 1);  // 2 went: the tail of the fetch became idle first
}

TEST_CASE("Storing what is there counts as a use and writes nothing") {
  TierChain tiers = chain({tier("dram", 2)});
  fill(tiers, {1, 2, 1, 3});
  CHECK(tiers.counters(0).stores == 3);
  const std::vector<BlockId> used{1};
  CHECK(tiers.match(0, used) == 1);
}

TEST_CASE("Replicas have tiers of their own, or share one and its link") {
  const bool shared = GENERATE(false, true);
  TierSpec spec = tier("remote", 4);
  spec.shared = shared;
  TierChain tiers = chain({spec}, 2);
  const Nanoseconds now = fill(tiers, {1});
  const std::vector<BlockId> ids{1};
  CHECK(tiers.match(1, ids) == (shared ? 1 : 0));
  tiers.store(1, 1, {.now = now});
  tiers.advance(now + 1000);
  CHECK(tiers.counters(0).stores == (shared ? 1 : 2));
  (void)tiers.fetch(0, ids, {.now = now + 1000});
  (void)tiers.fetch(1, ids, {.now = now + 1000});
  CHECK(tiers.next_completion() == now + (shared ? 3000 : 2000));
}

TEST_CASE("write-through writes to all tiers, on-evict to the first only") {
  const WriteMode mode = GENERATE(WriteMode::on_evict, WriteMode::write_through);
  TierChain tiers = chain({tier("dram", 4), tier("ssd", 4)}, 1, mode);
  fill(tiers, {1, 2});
  CHECK(tiers.counters(0).stores == 2);
  CHECK(tiers.counters(1).stores == (mode == WriteMode::write_through ? 2 : 0));
}

TEST_CASE("What a tier refuses goes to the next one") {
  TierSpec picky = tier("dram", 4);
  picky.admission = "second_touch";
  TierChain tiers = chain({picky, tier("ssd", 4)});
  fill(tiers, {1, 2, 1});
  CHECK(tiers.counters(0).refused == 2);
  CHECK(tiers.counters(0).stores == 1);
  CHECK(tiers.counters(1).stores == 2);
}

TEST_CASE("Second touch forgets as many blocks as the tier holds") {
  const auto admission = make_admission("second_touch", 2);
  for (const BlockId id : {1, 2, 3}) CHECK_FALSE(admission->admits(id));
  CHECK_FALSE(admission->admits(1));
  CHECK(admission->admits(3));
  CHECK_FALSE(admission->admits(3));
}

TEST_CASE("An eviction policy of a tier sees who used a block last") {
  TierSpec spec = tier("dram", 2);
  spec.eviction = "session";
  TierChain tiers = chain({spec});
  tiers.store(0, 1, {.now = 0, .session = 1, .session_continues = true});
  tiers.advance(2000);
  tiers.store(0, 2, {.now = 2000, .session = 2});
  tiers.advance(4000);
  tiers.store(0, 3, {.now = 4000, .session = 3});
  const std::vector<BlockId> kept{1};
  CHECK(tiers.match(0, kept) == 1);
}

/// Random stores and fetches of three tiers; after each, what must hold whatever happens.
TEST_CASE("Blocks are conserved, and every fetch ends") {
  Rng rng(5);
  TierChain tiers = chain({tier("dram", 5), tier("ssd", 9), tier("remote", 12)}, 1,
                          GENERATE(WriteMode::on_evict, WriteMode::write_through));
  Nanoseconds now = 0;
  std::set<TransferId> open;
  for (int i = 0; i < 5000; ++i) {
    now += static_cast<Nanoseconds>(rng.below(1500));
    for (const TransferId id : tiers.complete(now)) CHECK(open.erase(id) == 1);
    const std::vector<BlockId> ids{1 + rng.below(40)};
    if (tiers.match(0, ids) == 1 && rng.chance(0.7)) {
      open.insert(tiers.fetch(0, ids, {.now = now}));
    } else {
      tiers.store(0, ids[0], {.now = now});
    }
    CHECK(tiers.next_completion() >= now);
  }
  tiers.advance(now + 1'000'000);
  for (const TransferId id : tiers.complete(now + 1'000'000)) CHECK(open.erase(id) == 1);
  CHECK(open.empty());
  std::int64_t held[] = {0, 0, 0};
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    const TierCounters counters = tiers.counters(t);
    held[t] = counters.stores - counters.evictions;
    CHECK(held[t] <= counters.peak_blocks);
    CHECK(counters.peak_blocks <= static_cast<std::int64_t>(tiers.spec(t).capacity_bytes / kBlock));
    CHECK(counters.write_busy_s <= static_cast<double>(counters.stores) * 1e-6 + 1e-9);
    CHECK(counters.evictions > 0);
  }
  std::int64_t distinct = 0;
  for (BlockId id = 1; id <= 40; ++id) distinct += tiers.match(0, std::vector<BlockId>{id});
  CHECK(distinct <= held[0] + held[1] + held[2]);
  CHECK(distinct >= *std::max_element(std::begin(held), std::end(held)));
}

TEST_CASE("A tier that is smaller than a block says by how much") {
  CHECK_THROWS_WITH(chain({tier("dram", 0.75)}), Catch::Contains("by 250 bytes"));
  TierSpec encoded = tier("dram", 0.75);
  encoded.size_factor = 0.5;
  CHECK_NOTHROW(chain({encoded}));
}

TEST_CASE("Impossible tiers are errors") {
  std::vector<TierSpec> specs(5, tier("dram", 2));
  specs[0].read_bytes_per_s = 0.0;
  specs[1].latency_s = -1.0;
  specs[2].size_factor = std::nan("");
  specs[3].eviction = "mru";
  specs[4].admission = "some";
  for (const TierSpec& spec : specs) CHECK_THROWS_AS(chain({spec}), Error);
}

}  // namespace
}  // namespace pagequest::simulator
