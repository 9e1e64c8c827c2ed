// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Nothing is lost or made: random loads with shared prompts on several replicas, with a prefix
// cache, tiers and full queues. (tests/unit/simulator/invariants_test.cpp: one replica without.)
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/tiers/tier_chain.h"
#include "simulator/workload/footprint.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

constexpr std::int32_t kPageTokens = 16;
constexpr double kPageBytes = 1e6;

struct Asked {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int32_t most_pages = 0;  // of a session
};

/// The identities of a prompt's pages: the first six are those of a family of prompts.
void extend(std::vector<BlockId>& known, int pages, BlockId family, BlockId session) {
  for (auto n = static_cast<int>(known.size()); n < pages; ++n) {
    known.push_back(mix64((n < 6 ? family : session) << 32U | static_cast<BlockId>(n)));
  }
}

/// A conversation: each prompt continues the last one.
Session conversation(Rng& rng, BlockId session_id, int turns) {
  Session out = session({});
  std::vector<BlockId> known;
  const auto family = static_cast<BlockId>(rng.between(1, 5));
  for (int turn = 0; turn < turns; ++turn) {
    const int pages = static_cast<int>(known.size()) + rng.between(1, 12);
    extend(known, pages, family, session_id);
    const Prompt prompt{kPageTokens * pages + rng.between(0, kPageTokens - 1),
                        static_cast<std::int32_t>(out.blocks.size()), pages};
    const std::vector<Operation> operations = {
        CallTool{"user", turn > 0 ? rng.between(1, 900) * 1'000'000 : 0}, BeginTurn{turn}, prompt,
        Decode{rng.between(0, 60)}};
    out.program.insert(out.program.end(), operations.begin() + (turn > 0 ? 0 : 1),
                       operations.end());
    out.blocks.insert(out.blocks.end(), known.begin(), known.end());
  }
  return out;
}

std::vector<Session> conversations(Rng& rng, int count, int turns) {
  std::vector<Session> out;
  Nanoseconds arrival = 0;
  for (int i = 0; i < count; ++i) {
    out.push_back(conversation(rng, static_cast<BlockId>(i + 10), turns));
    arrival += rng.between(0, 60) * 1'000'000;
    out.back().arrival = arrival;
  }
  return out;
}

Asked asked(const std::vector<Session>& sessions) {
  Asked out;
  for (const Session& one : sessions) {
    for (const Operation& operation : one.program) {
      if (const auto* prompt = std::get_if<Prompt>(&operation)) {
        out.input += prompt->tokens;
        ++out.output;  // the token that the prompt's end gives
      }
      if (const auto* decode = std::get_if<Decode>(&operation)) out.output += decode->tokens;
    }
    out.most_pages = std::max(out.most_pages, footprint(one, kPageTokens).peak_pages);
  }
  return out;
}

SimulationConfig random_settings(Rng& rng) {
  SimulationConfig out = one_at_a_time();
  out.load = Load::recorded;
  out.page_tokens = kPageTokens;
  out.max_batch_tokens = rng.between(64, 1024);
  out.max_batch_sequences = rng.between(2, 32);
  const RouterRule routers[] = {RouterRule::round_robin, RouterRule::least_loaded,
                                RouterRule::prefix};
  out.router = routers[rng.below(3)];
  const std::string caches[] = {"arc",      "fifo",    "lfu",          "lru",
                                "lru-leaf", "session", "ttl:seconds=2"};
  out.prefix_cache = caches[rng.below(7)];
  out.scheduler = rng.chance(0.7) ? BatchRule::vllm : BatchRule::sglang;
  out.replicas = rng.between(1, 4);
  return out;
}

std::vector<TierSpec> two_tiers(Rng& rng) {
  const double dram = rng.between(5, 60);
  const double remote = rng.between(20, 300);
  return {{.name = "dram",
           .capacity_bytes = dram * kPageBytes,
           .read_bytes_per_s = 2e9,
           .write_bytes_per_s = 1e9,
           .latency_s = 1e-5},
          {.name = "remote",
           .capacity_bytes = remote * kPageBytes,
           .read_bytes_per_s = 4e8,
           .write_bytes_per_s = 4e8,
           .latency_s = 1e-3,
           .shared = true}};
}

}  // namespace

TEST_CASE("Every input token is computed, reused or fetched, and every output token comes once") {
  std::int64_t reused = 0;
  std::int64_t fetched = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng(seed, 81);
    const auto sessions = conversations(rng, 60, rng.between(1, 4));
    const Asked expected = asked(sessions);
    const SimulationConfig settings = random_settings(rng);
    std::optional<TierChain> tiers;
    const auto mode = rng.chance(0.5) ? WriteMode::on_evict : WriteMode::write_through;
    if (rng.chance(0.6)) tiers.emplace(two_tiers(rng), kPageBytes, settings.replicas, mode);
    const AffineCost cost(2'000'000, 50'000);
    ListedSessions source(sessions, 60);
    const Run run = serve(source,
                          {.cost = cost,
                           .pages = expected.most_pages + rng.between(0, 200),
                           .page_bytes = kPageBytes,
                           .tiers = tiers ? &*tiers : nullptr},
                          settings);
    const RunMetrics& metrics = run.metrics;
    INFO("seed " << seed);
    REQUIRE(metrics.requests == 60);
    REQUIRE(metrics.output_tokens == expected.output);
    const std::int64_t inputs =
        metrics.prefill_tokens + metrics.reused_tokens + metrics.fetched_tokens;
    // What a preempted request takes back from the cache counts as reused once more.
    REQUIRE(inputs >= expected.input);
    if (metrics.preemptions == 0) REQUIRE(inputs == expected.input);
    REQUIRE(metrics.hit_blocks * kPageTokens == metrics.reused_tokens);
    REQUIRE(metrics.tier_hit_blocks * kPageTokens == metrics.fetched_tokens);
    REQUIRE(metrics.hit_blocks + metrics.tier_hit_blocks <= metrics.prompt_blocks);
    reused += metrics.reused_tokens;
    fetched += metrics.fetched_tokens;
    if (!tiers) continue;
    for (std::size_t tier = 0; tier < tiers->size(); ++tier) {
      const TierCounters counters = tiers->counters(tier);
      REQUIRE(counters.evictions <= counters.stores);
    }
    REQUIRE(tiers->counters(0).hits + tiers->counters(1).hits == metrics.tier_hit_blocks);
  }
  CHECK(reused > 100'000);
  CHECK(fetched > 20'000);
}

TEST_CASE("Requests that come are served or refused") {
  std::int64_t refused = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, 82);
    auto sessions = conversations(rng, 80, 1);
    for (Session& one : sessions) one.arrival /= 8;  // more than the replicas serve
    SimulationConfig settings = random_settings(rng);
    settings.max_queue = rng.between(1, 6);
    const AffineCost cost(5'000'000, 50'000);
    ListedSessions source(sessions, 80);
    const Run run =
        serve(source, {.cost = cost, .pages = asked(sessions).most_pages + 100}, settings);
    INFO("seed " << seed);
    // Those that were served have a latency and gave a first token.
    REQUIRE(run.metrics.episode_latency.size() + run.metrics.refused == 80);
    REQUIRE(run.metrics.turns == run.metrics.episode_latency.size());
    refused += run.metrics.refused;
  }
  CHECK(refused > 200);
}
