// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Belady's rule has the fewest misses (IBM Systems Journal 5(2), 1966) where all policies see the
// same touches in the same order. So requests come one by one here, in an open loop, each ended
// before the next: what a policy keeps then changes how long a request takes, but not what is
// touched when.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/cache/block_cache.h"
#include "simulator/workload/request_sessions.h"
#include "tests/validation/mooncake.h"
#include "tests/validation/server.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

void space_out(std::vector<Session>& sessions) {
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    sessions[i].arrival = static_cast<Nanoseconds>(i) * 1'000'000'000;
  }
}

std::int64_t hits(const std::vector<Session>& sessions, const std::string& policy,
                  std::int64_t pages, std::int32_t page_tokens) {
  SimulationConfig settings = one_at_a_time();
  settings.load = Load::recorded;
  settings.page_tokens = page_tokens;
  settings.prefix_cache = policy;
  const AffineCost cost(1000, 0);
  const ReuseOracle oracle(sessions);
  ListedSessions source(sessions, static_cast<std::int64_t>(sessions.size()));
  const Run run = serve(source, {.cost = cost, .pages = pages, .oracle = &oracle}, settings);
  CHECK(run.metrics.episode_latency.percentile(100.0) < 1.0);  // none overlaps the next
  return run.metrics.hit_blocks;
}

void check_policies(const std::vector<Session>& sessions, std::int64_t pages,
                    std::int32_t page_tokens) {
  const std::int64_t most = hits(sessions, "belady", pages, page_tokens);
  for (const CachePolicy& policy : cache_policies()) {
    INFO(policy.name << " with " << pages << " pages");
    CHECK(hits(sessions, std::string(policy.name), pages, page_tokens) <= most);
  }
}

/// Prompts are walks from the root of a random tree, with likely and unlikely branches.
std::vector<Session> random_prompts(std::uint64_t seed, int count) {
  Rng rng(seed, 71);
  std::vector<Session> out;
  const int branches = rng.between(2, 5);
  for (int i = 0; i < count; ++i) {
    Session one = session({});
    BlockId id = 0;
    for (int depth = rng.between(1, 12); depth > 0; --depth) {
      const double u = rng.uniform();
      id = mix64(id ^ static_cast<BlockId>(1 + static_cast<int>(branches * u * u * u)));
      one.blocks.push_back(id);
    }
    const auto pages = static_cast<std::int32_t>(one.blocks.size());
    one.program = {BeginTurn{0}, Prompt{8 * pages + rng.between(1, 7), 0, pages},
                   Decode{rng.between(0, 20)}};
    out.push_back(std::move(one));
  }
  space_out(out);
  return out;
}

}  // namespace

TEST_CASE("On random prompts no policy finds more than Belady's") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto sessions = random_prompts(seed, 300);
    INFO("seed " << seed);
    for (const std::int64_t pages : {16, 24, 60, 200}) check_policies(sessions, pages, 8);
  }
}

TEST_CASE("On Mooncake's conversations no policy finds more than Belady's") {
  const auto trace = mooncake();
  if (!trace) return;
  RequestSessionOptions options;
  options.max_requests = 4000;
  Workload workload = request_workload(*trace, options);
  space_out(workload.sessions);
  for (const std::int64_t pages : {500, 2000, 8000}) {
    check_policies(workload.sessions, pages, 512);
  }
}
