// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/replay.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "simulator/cost/cost_model.h"
#include "simulator/server.h"
#include "simulator/workload/footprint.h"

namespace pagequest::simulator {
namespace {

void check_fits(const Session& session, std::int32_t peak, const KvCapacity& capacity) {
  if (peak <= capacity.pages) return;
  throw usage_error({.what = "an episode alone needs more pages than the KV pool has",
                     .where = "episode " + std::to_string(session.episode.value),
                     .found = std::to_string(peak) + " pages needed",
                     .expected = "at most " + std::to_string(capacity.pages),
                     .hint = "a smaller token_scale, a larger GPU or more kv_pages"});
}

WorkloadMeans measure(const Workload& workload, const KvCapacity& capacity,
                      const SimulationConfig& config) {
  WorkloadMeans out;
  out.episodes = static_cast<std::int64_t>(workload.sessions.size());
  const double share = 1.0 / static_cast<double>(out.episodes);
  for (const Session& session : workload.sessions) {
    const Footprint peak = footprint(session, config.page_tokens);
    check_fits(session, peak.peak_pages, capacity);
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

std::int32_t requests_to_serve(const Workload& workload, const SimulationConfig& config) {
  if (config.requests > 0) return config.requests;
  constexpr std::int64_t kMost = 1'000'000;
  const auto episodes = static_cast<std::int64_t>(workload.sessions.size());
  const std::int64_t waves = config.arrival_rate > 0.0 ? 0 : 4 * std::int64_t{config.concurrency};
  return static_cast<std::int32_t>(std::min(kMost, std::max(episodes, waves)));
}

}  // namespace

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
  out.workload = measure(workload, out.capacity, config);
  SimulationConfig resolved = config;
  resolved.requests = requests_to_serve(workload, config);
  const CostModel cost(gpu, model);
  Server server(workload.sessions, cost, out.capacity.pages, resolved);
  server.run();
  out.metrics = server.metrics();
  out.overall = server.timeline().overall();
  out.timeline = server.timeline().rows();
  return out;
}

}  // namespace pagequest::simulator
