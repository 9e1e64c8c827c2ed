// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cache/block_cache.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "tests/unit/simulator/cache_stream.h"
#include "tests/unit/simulator/naive_cache.h"

namespace pagequest::simulator {
namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;

std::vector<std::string> all_policies() {
  std::vector<std::string> names;
  for (const auto& policy : cache_policies()) names.emplace_back(policy.name);
  return names;
}

/// Random uses of few blocks, so that they meet often.
struct RandomUse {
  Rng rng;
  Nanoseconds now = 0;
  std::map<BlockId, std::int32_t> held = {};
  std::map<BlockId, Nanoseconds> last_touch = {};

  BlockTouch touch(BlockId id) {
    now += static_cast<Nanoseconds>(rng.below(3)) * kSecond / 2;
    last_touch[id] = now;
    return {.now = now,
            .session = static_cast<std::int64_t>(rng.below(5)),
            .session_continues = rng.chance(0.6),
            .parent = id / 2,  // blocks form a binary tree with root 1
            .next_use = static_cast<std::int64_t>(rng.below(40)) - 1};
  }

  BlockId any_held() {
    auto at = held.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(rng.below(held.size())));
    return at->first;
  }
};

void use(RandomUse& uses, BlockCache& cache, naive::Cache& model) {
  const BlockId id = 1 + uses.rng.below(40);
  const BlockTouch touch = uses.touch(id);
  if (cache.contains(id)) {
    CHECK_FALSE(cache.insert(id, touch));
    cache.hold(id, touch);
    model.hold(id, touch);
  } else {
    CHECK(cache.insert(id, touch));
    model.insert(id, touch);
  }
  ++uses.held[id];
}

void release(RandomUse& uses, BlockCache& cache, naive::Cache& model) {
  if (uses.held.empty()) return;
  const BlockId id = uses.any_held();
  const BlockTouch touch = uses.touch(id);
  cache.release(id, touch);
  model.release(id, touch);
  if (--uses.held[id] == 0) uses.held.erase(id);
}

void step(RandomUse& uses, BlockCache& cache, naive::Cache& model) {
  if (cache.size() >= 20 || uses.rng.chance(0.1)) {
    const auto victim = cache.evict(uses.now);
    REQUIRE(victim == model.evict(uses.now));
    if (victim) CHECK(cache.evicted_touch().now == uses.last_touch.at(*victim));
  }
  if (uses.rng.chance(0.5)) {
    use(uses, cache, model);
  } else {
    release(uses, cache, model);
  }
  REQUIRE(cache.size() == model.size());
  REQUIRE(cache.evictable() == model.evictable());
}

TEST_CASE("Each cache policy chooses as a search over all blocks does") {
  std::string policy = GENERATE(from_range(all_policies()));
  if (policy == "ttl") policy = "ttl:seconds=2.5";
  INFO(policy);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    RandomUse uses{Rng(seed)};
    const auto cache = make_block_cache(policy);
    naive::Cache model(policy);
    for (int i = 0; i < 1500; ++i) step(uses, *cache, model);
    while (cache->evictable() > 0) REQUIRE(cache->evict(uses.now) == model.evict(uses.now));
  }
}

TEST_CASE("A held block is never evicted") {
  const auto cache = make_block_cache(GENERATE(from_range(all_policies())));
  cache->insert(1, {});
  cache->insert(2, {});
  cache->hold(1, {});
  cache->release(1, {});
  CHECK_FALSE(cache->evict(0));
  cache->release(1, {});
  CHECK(cache->held(2));
  CHECK_FALSE(cache->held(1));
  CHECK(cache->evict(0) == BlockId{1});
  CHECK_FALSE(cache->evict(0));
  CHECK_FALSE(cache->held(1));
  CHECK(cache->size() == 1);
}

TEST_CASE("No cache policy misses less than Belady's") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Rng rng(seed, 1);
    std::vector<std::uint32_t> ids(600);
    const auto spread = 20 + rng.below(40);
    for (auto& id : ids) {  // skewed: products of uniform numbers
      id = static_cast<std::uint32_t>(rng.uniform() * rng.uniform() * static_cast<double>(spread));
    }
    const auto next = next_uses(ids);
    const auto capacity = static_cast<std::int64_t>(2 + rng.below(12));
    const auto least = count_misses(*make_block_cache("belady"), ids, next, capacity);
    for (const auto& name : all_policies()) {
      INFO(name << ", seed " << seed);
      CHECK(count_misses(*make_block_cache(name), ids, next, capacity) >= least);
    }
  }
}

TEST_CASE("Match counts the leading blocks that are there") {
  const auto cache = make_block_cache("lru");
  for (const BlockId id : {1, 2, 4}) cache->insert(id, {});
  const std::vector<BlockId> prompt{1, 2, 3, 4};
  CHECK(cache->match(prompt) == 2);
  CHECK(cache->match({}) == 0);
}

TEST_CASE("lru-leaf cuts a chain from its tail whatever the order of release") {
  const auto cache = make_block_cache("lru-leaf");
  for (BlockId id = 1; id <= 4; ++id) cache->insert(id, {.parent = id - 1});
  for (BlockId id = 1; id <= 4; ++id) cache->release(id, {.parent = id - 1});
  for (BlockId id = 4; id >= 1; --id) CHECK(cache->evict(0) == id);
}

TEST_CASE("A session that ended goes before one that waits, a whole chain at a time") {
  const auto cache = make_block_cache("session");
  const BlockTouch waits{.session = 1, .session_continues = true};
  const BlockTouch ends{.session = 2};
  for (const BlockId id : {11, 12}) cache->insert(id, waits);
  for (const BlockId id : {21, 22}) cache->insert(id, ends);
  for (const BlockId id : {12, 11}) cache->release(id, waits);
  for (const BlockId id : {22, 21}) cache->release(id, ends);
  for (const BlockId id : {22, 21, 12, 11}) CHECK(cache->evict(0) == id);
}

TEST_CASE("An ended session takes no shared block from one that goes on") {
  const auto cache = make_block_cache("session");
  const BlockTouch waits{.session = 1, .session_continues = true};
  cache->insert(1, waits);
  cache->release(1, waits);
  cache->insert(2, {.session = 2});
  cache->hold(1, {.session = 2});
  cache->release(1, {.session = 2});
  cache->release(2, {.session = 2});
  CHECK(cache->evict(0) == BlockId{2});
}

TEST_CASE("A time to live of zero is LRU") {
  const auto ttl = make_block_cache("ttl:seconds=0");
  for (const BlockId id : {1, 2, 3}) ttl->insert(id, {});
  ttl->release(2, {.now = 1, .session_continues = true});
  ttl->release(1, {.now = 2});
  ttl->release(3, {.now = 3, .session_continues = true});
  for (const BlockId id : {2, 1, 3}) CHECK(ttl->evict(4) == id);
}

TEST_CASE("The cache policies are sorted, and unknown ones are errors that list them") {
  CHECK(std::is_sorted(cache_policies().begin(), cache_policies().end(),
                       [](const auto& a, const auto& b) { return a.name < b.name; }));
  CHECK_THROWS_WITH(make_block_cache("lur"), Catch::Contains("lru-leaf"));
  CHECK_THROWS_WITH(make_block_cache("ttl:second=4"), Catch::Contains("seconds"));
  CHECK_THROWS_AS(make_block_cache("ttl:seconds=-1"), Error);
  CHECK_THROWS_AS(make_block_cache("arc:blocks=-1"), Error);
}

}  // namespace
}  // namespace pagequest::simulator
