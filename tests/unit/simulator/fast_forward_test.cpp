// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Runs of decode steps in closed form against the same simulation step by step.
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/workload/footprint.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

constexpr std::int32_t kPageTokens = 8;

/// Turns whose prompts share beginnings with those of other sessions.
Session prompts(Rng& rng, std::int32_t index) {
  Session out = session({});
  const int turns = rng.between(1, 4);
  std::int32_t context = 0;
  std::vector<BlockId> known;
  for (int turn = 0; turn < turns; ++turn) {
    context += rng.between(1, 150);
    const auto family = static_cast<BlockId>(rng.between(1, 4));
    while (static_cast<std::int32_t>(known.size()) < context / kPageTokens) {
      const bool shared = turn == 0 && known.size() < 8;
      known.push_back(shared ? 1000 * family + known.size()
                             : mix64(static_cast<std::uint64_t>(index) << 20U | known.size()));
    }
    if (turn > 0 && rng.chance(0.7))
      out.program.emplace_back(CallTool{"user", rng.between(0, 90) * 1'000'000});
    out.program.emplace_back(BeginTurn{turn});
    out.program.emplace_back(Prompt{context, static_cast<std::int32_t>(out.blocks.size()),
                                    static_cast<std::int32_t>(known.size())});
    out.blocks.insert(out.blocks.end(), known.begin(), known.end());
    const int decoded = rng.between(0, 200);
    out.program.emplace_back(Decode{decoded});
    context += decoded + 1;
  }
  return out;
}

/// An agent whose keys and values stay, with auxiliary threads and evictions.
Session agent(Rng& rng) {
  Session out = session({Prefill{rng.between(1, 200)}});
  std::int32_t filled = std::get<Prefill>(out.program.front()).tokens;
  for (int turn = 0; turn < rng.between(1, 6); ++turn) {
    const int decoded = rng.between(1, 80);
    out.program.emplace_back(BeginTurn{turn});
    out.program.emplace_back(Decode{decoded});
    filled += decoded;
    if (rng.chance(0.4)) out.program.emplace_back(ForkAux{rng.between(0, 5), rng.between(0, 60)});
    if (rng.chance(0.8)) out.program.emplace_back(CallTool{"open"});
    const int response = rng.between(1, 120);
    out.program.emplace_back(Prefill{response});
    filled += response;
    out.program.emplace_back(JoinAux{});
    if (rng.chance(0.5)) {
      const int first = rng.between(0, filled - 1);
      out.program.emplace_back(Evict{{first, rng.between(1, filled - first)}});
    }
  }
  return out;
}

std::vector<Operation> started(const std::vector<Operation>& program) {
  std::vector<Operation> out;
  out.emplace_back(StartAgents{0, 2});
  for (const Operation& operation : program) out.push_back(operation);
  return out;
}

std::vector<Session> sessions_of(std::uint64_t seed) {
  Rng rng(seed, 31);
  std::vector<Session> out;
  Nanoseconds arrival = 0;
  for (std::int32_t i = 0; i < 25; ++i) {
    out.push_back(rng.chance(0.6) ? prompts(rng, i) : agent(rng));
    if (rng.chance(0.1)) {
      out.back().agents = {agent(rng), prompts(rng, 100 + i)};
      out.back().program = started(out.back().program);
      if (rng.chance(0.5)) out.back().program.emplace_back(AwaitAgents{});
    }
    arrival += rng.between(0, 40) * 1'000'000;
    out.back().arrival = arrival;
    out.back().priority = rng.between(0, 2);
  }
  return out;
}

SimulationConfig config_of(std::uint64_t seed, std::int32_t most_pages) {
  Rng rng(seed, 32);
  const auto pick = [&rng](auto... values) {
    const std::vector options = {values...};
    return options[rng.below(options.size())];
  };
  SimulationConfig out = SimulationConfig::defaults();
  out.concurrency = rng.between(1, 12);
  out.requests = 25;
  out.arrival_rate = 20.0;
  out.load = pick(Load::closed, Load::poisson, Load::recorded);
  out.page_tokens = kPageTokens;
  out.max_batch_tokens = rng.between(20, 300);
  out.max_batch_sequences = rng.between(1, 20);
  out.prefill_chunk = pick(0, 0, 7, 64);
  out.admission = pick(AdmittedBy::input, AdmittedBy::chunk);
  out.idle_kv = pick(IdleKv::keep, IdleKv::drop, IdleKv::cache);
  out.preemption = pick(PreemptionOrder::latest, PreemptionOrder::idle_first);
  out.scheduler = pick(BatchRule::vllm, BatchRule::vllm, BatchRule::sglang);
  out.order = pick(WaitOrder::fcfs, WaitOrder::priority, WaitOrder::session, WaitOrder::shortest);
  out.router = pick(RouterRule::round_robin, RouterRule::least_loaded, RouterRule::prefix);
  out.replicas = rng.between(1, 3);
  out.prefill_replicas = rng.chance(0.2) ? rng.between(1, 2) : 0;
  out.prefix_cache = pick(std::string("none"), std::string("lru"), std::string("lfu"),
                          std::string("ttl:seconds=1"));
  out.tool_latency_median_s = 0.05;
  out.max_queue = rng.chance(0.1) ? 3 : 0;
  out.prefetch = pick(std::string("none"), std::string("recency"), std::string("oracle"));
  out.request_overhead_s = rng.chance(0.3) ? 0.002 : 0.0;
  out.kv_pages = most_pages + rng.between(0, 2 * most_pages);
  out.seed = seed;
  return out;
}

struct Run {
  RunMetrics metrics;
  double tokens = 0.0;  // in the timeline
};

Run run(const std::vector<Session>& sessions, const SimulationConfig& settings, bool has_tiers) {
  const RooflineCost cost(h100(), catalog_model("gpt-oss-20b"));  // half of its layers slide
  std::optional<TierChain> tiers;
  const double page_bytes = kPageTokens * 49'152.0;
  if (has_tiers && (settings.prefix_cache != "none" || settings.idle_kv == IdleKv::cache)) {
    tiers.emplace(std::vector<TierSpec>{{.name = "dram",
                                         .capacity_bytes = 60 * page_bytes,
                                         .read_bytes_per_s = 1e9,
                                         .write_bytes_per_s = 2e9,
                                         .latency_s = 1e-4}},
                  page_bytes, settings.replicas + settings.prefill_replicas, WriteMode::on_evict);
  }
  ListedSessions source(sessions, settings.requests);
  Cluster cluster(source,
                  {.cost = cost,
                   .pages = settings.kv_pages,
                   .page_bytes = page_bytes,
                   .tiers = tiers ? &*tiers : nullptr},
                  settings);
  cluster.run();  // checks its invariants
  return {cluster.metrics(), cluster.timeline().overall().output_tokens};
}

auto fingerprint(const RunMetrics& m) {
  return std::tuple(
      std::tuple(m.run_time, m.busy_time, m.join_wait, m.requests, m.refused, m.turns,
                 m.iterations),
      std::tuple(m.output_tokens, m.aux_output_tokens, m.prefill_tokens, m.recomputed_tokens,
                 m.reused_tokens, m.fetched_tokens, m.preemptions, m.peak_pages, m.peak_live_tokens,
                 m.batch_threads, m.hit_blocks),
      std::tuple(m.episode_ttft.first(), m.turn_ttft.first(), m.tpot.first(),
                 m.episode_latency.first()));
}

}  // namespace

TEST_CASE("A run in closed form equals the run step by step, to the nanosecond") {
  std::int64_t preemptions = 0;
  std::int64_t reused = 0;
  std::int64_t fetched = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const auto sessions = sessions_of(seed);
    const bool dead_slots = seed % 5 == 4;
    std::int32_t most = 0;
    for (const Session& one : sessions) {
      most = std::max(most, footprint(one, kPageTokens, dead_slots).peak_pages);
      for (const Session& sub : one.agents) {
        most = std::max(most, footprint(sub, kPageTokens, dead_slots).peak_pages);
      }
    }
    SimulationConfig settings = config_of(seed, most);
    settings.dead_slots = dead_slots;
    const Run fast = run(sessions, settings, seed % 3 == 0);
    settings.step_by_step = true;
    const Run slow = run(sessions, settings, seed % 3 == 0);
    INFO("seed " << seed);
    REQUIRE(fingerprint(fast.metrics) == fingerprint(slow.metrics));
    REQUIRE(fast.tokens == Approx(fast.metrics.output_tokens + fast.metrics.aux_output_tokens));
    preemptions += fast.metrics.preemptions;
    reused += fast.metrics.reused_tokens;
    fetched += fast.metrics.fetched_tokens;
  }
  // So the loads do exercise what they are meant to.
  CHECK(preemptions > 500);
  CHECK(reused > 5000);
  CHECK(fetched > 500);
}
