// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/named_text.h"
#include "simulator/cache/block_cache.h"
#include "simulator/cache/policies.h"

namespace pagequest::simulator {
namespace {

const std::array kArcParams{ParamSpec{
    "blocks", std::int64_t{0},
    "capacity in blocks, which bounds the ghost lists; 0: the most that an eviction found"}};
const std::array kTtlParams{
    ParamSpec{"seconds", 60.0, "how long blocks of a session that will ask again are kept"}};

const std::array kPolicies{
    CachePolicy{"arc", "Balances recency and frequency by what returns after it was evicted",
                kArcParams, make_arc_cache},
    CachePolicy{"belady",
                "What is wanted again last, by an oracle: the fewest misses possible",
                {},
                make_belady_cache},
    CachePolicy{"fifo", "What came in first", {}, make_fifo_cache},
    CachePolicy{"lfu", "What was used least often since it came in", {}, make_lfu_cache},
    CachePolicy{"lru", "What was released least recently (vLLM)", {}, make_lru_cache},
    CachePolicy{"lru-leaf",
                "The same, but only blocks that none in the cache continues (SGLang)",
                {},
                make_lru_leaf_cache},
    CachePolicy{"session",
                "Whole sessions: ended ones first, then the least recently used",
                {},
                make_session_cache},
    CachePolicy{"ttl", "What has outlived its time, then what was released least recently",
                kTtlParams, make_ttl_cache},
};

}  // namespace

std::span<const CachePolicy> cache_policies() { return kPolicies; }

std::unique_ptr<BlockCache> make_block_cache(const std::string& text) {
  const NamedText named = parse_named_text("cache policy", text);
  const CachePolicy& policy = entry_named("cache policy", named.name, cache_policies());
  return policy.make(
      Params("cache policy " + std::string(policy.name), policy.parameters, named.given));
}

}  // namespace pagequest::simulator
