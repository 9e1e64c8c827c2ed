// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// A tier below a small HBM changes latency as well as hits, and a full tier evicts: the first 2,000
// requests of Mooncake's conversations on one replica, four times slower than they came.
#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/tiers/tier_chain.h"
#include "simulator/workload/request_sessions.h"
#include "tests/validation/mooncake.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

constexpr double kPageBytes = 512 * 147'456.0;  // Qwen3-8B: 2 x 36 layers x 8 heads x 128 x bf16

struct Tiered {
  RunMetrics metrics;
  TierCounters counters;
};

/// Nothing below the HBM: `blocks` = 0.
Tiered serve_mooncake(const Workload& workload, double blocks, double read_bytes_per_s) {
  SimulationConfig settings = one_at_a_time();
  settings.load = Load::recorded;
  settings.time_scale = 4.0;
  settings.max_batch_sequences = 256;
  settings.max_batch_tokens = 8192;
  settings.page_tokens = 512;
  settings.prefix_cache = "lru";
  std::optional<TierChain> tiers;
  if (blocks > 0.0) {
    tiers.emplace(std::vector<TierSpec>{{.name = "dram",
                                         .capacity_bytes = blocks * kPageBytes,
                                         .read_bytes_per_s = read_bytes_per_s,
                                         .write_bytes_per_s = 50e9,
                                         .latency_s = 1e-5}},
                  kPageBytes, 1, WriteMode::on_evict);
  }
  const AffineCost cost(5'000'000, 30'000);  // about an H100's prefill: 33,000 tokens/s
  ListedSessions source(workload.sessions, static_cast<std::int64_t>(workload.sessions.size()));
  const Run run = serve(
      source,
      {.cost = cost, .pages = 700, .page_bytes = kPageBytes, .tiers = tiers ? &*tiers : nullptr},
      settings);
  return {run.metrics, tiers ? tiers->counters(0) : TierCounters{}};
}

std::optional<Workload> first_requests() {
  const auto trace = mooncake();
  if (!trace) return std::nullopt;
  RequestSessionOptions options;
  options.max_requests = 2000;
  return request_workload(*trace, options);
}

}  // namespace

TEST_CASE("A tier saves work and time; a smaller or slower one saves less") {
  const auto workload = first_requests();
  if (!workload) return;
  const Tiered none = serve_mooncake(*workload, 0, 0);
  const Tiered large = serve_mooncake(*workload, 60'000, 50e9);
  const Tiered tiny = serve_mooncake(*workload, 700, 50e9);
  const Tiered slow = serve_mooncake(*workload, 60'000, 2e9);
  const auto ttft = [](const Tiered& run) { return run.metrics.episode_ttft.mean(); };

  CHECK(none.metrics.fetched_tokens == 0);
  CHECK(large.metrics.fetched_tokens > 0);
  CHECK(large.metrics.tier_hit_blocks == large.counters.hits);
  CHECK(large.metrics.fetched_tokens == 512 * large.counters.hits);
  CHECK(large.metrics.prefill_tokens < none.metrics.prefill_tokens);
  CHECK(ttft(large) < 0.9 * ttft(none));

  CHECK(large.counters.evictions == 0);
  CHECK(tiny.counters.evictions > 0);
  CHECK(tiny.counters.peak_blocks <= 700);
  CHECK(tiny.metrics.tier_hit_blocks < large.metrics.tier_hit_blocks);
  CHECK(tiny.metrics.tier_hit_blocks > 0);
  CHECK(ttft(tiny) > ttft(large));
  CHECK(ttft(tiny) < ttft(none));

  CHECK(ttft(slow) > ttft(large));
  CHECK(slow.metrics.tier_hit_blocks > 0);
  CHECK(slow.counters.read_busy_s > 10.0 * large.counters.read_busy_s);
}
