// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/replay.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "base/error.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/serving/cluster.h"
#include "simulator/tiers/parse_tier.h"
#include "simulator/workload/footprint.h"

namespace pagequest::simulator {
namespace {

WorkloadMeans measure(const Workload& workload, const SimulationConfig& config) {
  WorkloadMeans out;
  out.episodes = static_cast<std::int64_t>(workload.sessions.size());
  const double share = 1.0 / static_cast<double>(out.episodes);
  for (const Session& session : workload.sessions) {
    const Footprint peak = footprint(session, config.page_tokens, config.dead_slots);
    out.most_pages = std::max(out.most_pages, std::int64_t{peak.peak_pages});
    out.peak_pages += share * peak.peak_pages;
    out.peak_tokens += share * peak.peak_tokens;
    out.turns += share * static_cast<double>(session.turns.size());
    for (std::size_t i = 0; i < session.turns.size(); ++i) {
      const TurnTokens& turn = session.turns[i];
      (i == 0 ? out.prompt : out.responses) += share * turn.input;
      out.thoughts += share * turn.thought;
      out.calls += share * turn.call;
      out.answers += share * turn.answer;
    }
    const SessionTotals sums = totals(session);
    out.auxiliary += share * static_cast<double>(sums.aux_prefill + sums.aux_decode);
    out.evicted += share * static_cast<double>(sums.evicted);
  }
  return out;
}

bool has_arrivals(const Workload& workload) { return workload.sessions.front().arrival >= 0; }

std::int32_t requests_to_serve(const Workload& workload, const SimulationConfig& config) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto episodes = static_cast<std::int64_t>(workload.sessions.size());
  if (config.load == Load::recorded) {
    return static_cast<std::int32_t>(
        config.requests > 0 ? std::min<std::int64_t>(config.requests, episodes) : episodes);
  }
  if (config.requests > 0) return config.requests;
  const std::int64_t waves = config.load == Load::closed ? 4 * std::int64_t{config.concurrency} : 0;
  return static_cast<std::int32_t>(std::min(kMost, std::max(episodes, waves)));
}

void check_identities(const Workload& workload, const SimulationConfig& config) {
  if (config.prefix_cache == "none" || workload.block_tokens > 0) return;
  if (config.idle_kv == IdleKv::cache) return;  // names the sessions' own pages
  throw usage_error({.what = "a prefix cache needs to know which prompts are equal",
                     .where = workload.label,
                     .found = "no block ids",
                     .expected = "a trace with block ids, or idle_kv cache",
                     .hint = "without ids a hit rate would be made up"});
}

SimulationConfig resolved(const Workload& workload, const SimulationConfig& config) {
  SimulationConfig out = config;
  out.load = load_of(workload, config);
  if (out.load == Load::recorded && !has_arrivals(workload)) {
    throw usage_error({.what = "the workload has no arrival times",
                       .where = workload.label,
                       .found = "arrivals recorded",
                       .expected = "arrivals closed, or poisson with an arrival_rate",
                       .hint = {}});
  }
  if (out.load == Load::poisson && config.arrival_rate == 0.0) {
    throw usage_error({.what = "Poisson arrivals without a rate",
                       .where = "arrival_rate",
                       .found = "0",
                       .expected = "sessions a second",
                       .hint = {}});
  }
  if (config.prefix_cache == "auto") out.prefix_cache = workload.block_tokens > 0 ? "lru" : "none";
  check_identities(workload, out);
  out.requests = requests_to_serve(workload, out);
  return out;
}

/// From "dram:capacity=1TB;ssd": the highest tier first.
std::vector<TierSpec> parse_tiers(const std::string& text) {
  std::vector<TierSpec> out;
  std::istringstream tiers(text);
  for (std::string tier; std::getline(tiers, tier, ';');) out.push_back(parse_tier(tier));
  return out;
}

std::optional<TierChain> tiers_of(const SimulationConfig& config, double page_bytes) {
  if (config.tiers.empty()) return std::nullopt;
  return std::optional<TierChain>(
      std::in_place, parse_tiers(config.tiers), page_bytes,
      config.replicas + config.prefill_replicas,
      config.write_through ? WriteMode::write_through : WriteMode::on_evict);
}

}  // namespace

namespace {

CostCoefficients coefficients_of(const GpuSpec& gpu, const SimulationConfig& config) {
  if (config.engine == "machine") return machine_coefficients(gpu);
  return engine_overheads_named(config.engine).coefficients;
}

}  // namespace

namespace {

/// Belady's rule, in the prefix cache or in a tier.
bool asks_for_the_future(const SimulationConfig& config) {
  return config.prefix_cache == "belady" || config.tiers.find("belady") != std::string::npos;
}

}  // namespace

Load load_of(const Workload& workload, const SimulationConfig& config) {
  if (config.load != Load::automatic) return config.load;
  if (config.arrival_rate > 0.0) return Load::poisson;
  return has_arrivals(workload) ? Load::recorded : Load::closed;
}

ReplayResult replay(const Workload& workload, const GpuSpec& gpu, const ModelSpec& model,
                    const SimulationConfig& config) {
  if (workload.sessions.empty()) {
    throw usage_error({.what = "nothing to simulate",
                       .where = workload.label,
                       .found = "no whole episode",
                       .expected = "at least one",
                       .hint = "record more episodes"});
  }
  ReplayResult out;
  out.page_tokens = config.page_tokens;
  out.capacity = kv_capacity(gpu, model, config);
  out.workload = measure(workload, config);
  const SimulationConfig settings = resolved(workload, config);
  out.replicas = settings.replicas + settings.prefill_replicas;
  const RooflineCost cost(gpu, model, {settings.tensor_parallel, settings.pipeline_parallel},
                          coefficients_of(gpu, settings));
  std::optional<TierChain> tiers = tiers_of(settings, out.capacity.page_bytes);
  std::optional<ReuseOracle> oracle;
  if (asks_for_the_future(settings)) oracle.emplace(workload.sessions);
  ListedSessions source(workload.sessions, settings.requests);
  Cluster cluster(source,
                  {.cost = cost,
                   .pages = out.capacity.pages,
                   .page_bytes = out.capacity.page_bytes,
                   .oracle = oracle ? &*oracle : nullptr,
                   .tiers = tiers ? &*tiers : nullptr},
                  settings);
  cluster.run();
  out.metrics = cluster.metrics();
  if (settings.load == Load::recorded) {
    const auto last = static_cast<std::size_t>(settings.requests) - 1;
    const Nanoseconds span = workload.sessions[last].arrival - workload.sessions.front().arrival;
    out.recorded_seconds = settings.time_scale * to_seconds(span);
  }
  out.overall = cluster.timeline().overall();
  out.timeline = cluster.timeline().rows();
  return out;
}

}  // namespace pagequest::simulator
