// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// SideQuest's published serving figures (Kariyappa and Suh, arXiv 2602.22603, section 4.7): 424
// FRAMES episodes of gpt-oss-20b on one H100 under SGLang, at several concurrencies. Episodes come
// from the generator with its defaults, none of which was chosen by these figures
// (docs/workloads.md); the protocol is that of docs/validation.md.
#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/cost/engine_overheads.h"
#include "simulator/machine/catalog.h"
#include "simulator/replay.h"
#include "simulator/workload/generator/agent_workload.h"

using namespace pagequest;
using namespace pagequest::simulator;

namespace {

constexpr std::int32_t kConcurrencies[] = {16, 32, 48, 64, 96, 128};

struct Served {
  double tokens_per_s = 0.0;  // over the middle half of the run
  double peak_kv = 0.0;       // share of the pool
  double run_time_s = 0.0;
};

double middle_throughput(const std::vector<TimelineRow>& rows) {
  double tokens = 0.0;
  Nanoseconds time = 0;
  for (std::size_t i = rows.size() / 4; i < 3 * rows.size() / 4; ++i) {
    tokens += rows[i].output_tokens;
    time += rows[i].end - rows[i].begin;
  }
  return tokens / to_seconds(time);
}

Served serve(const Workload& workload, std::int32_t concurrency) {
  SimulationConfig config = SimulationConfig::defaults();
  config.load = Load::closed;
  config.concurrency = concurrency;
  config.requests = static_cast<std::int32_t>(workload.sessions.size());
  config.scheduler = BatchRule::sglang;
  config.engine = "sglang";
  config.hbm_utilisation = engine_overheads_named("sglang").memory_share;
  const ReplayResult result =
      replay(workload, catalog_gpu("h100-sxm-80gb"), catalog_model("gpt-oss-20b"), config);
  return {
      middle_throughput(result.timeline),
      static_cast<double>(result.metrics.peak_pages) / static_cast<double>(result.capacity.pages),
      to_seconds(result.metrics.run_time)};
}

std::vector<Served> serve_all(const std::string& policy) {
  PolicySettings settings;
  settings.policy.name = policy;
  const Workload workload = agent_workload({.seed = 1}, settings);
  std::vector<Served> out;
  for (const std::int32_t concurrency : kConcurrencies) {
    out.push_back(serve(workload, concurrency));
  }
  return out;
}

std::size_t fastest(const std::vector<Served>& runs) {
  const auto best = std::max_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.tokens_per_s < b.tokens_per_s;
  });
  return static_cast<std::size_t>(best - runs.begin());
}

double shortest(const std::vector<Served>& runs) {
  const auto best = std::min_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.run_time_s < b.run_time_s;
  });
  return best->run_time_s;
}

}  // namespace

TEST_CASE("SideQuest changes throughput, peak KV and run time as it was published to") {
  const std::vector<Served> full = serve_all("full");
  const std::vector<Served> sidequest = serve_all("sidequest");
  const std::size_t knee = fastest(full);
  const double throughput =
      sidequest[fastest(sidequest)].tokens_per_s / full[knee].tokens_per_s - 1.0;
  const double peak_kv = sidequest[knee].peak_kv / full[knee].peak_kv - 1.0;
  const double run_time = shortest(sidequest) / shortest(full) - 1.0;
  CHECK(throughput == Approx(0.839).margin(0.10));
  CHECK(peak_kv == Approx(-0.539).margin(0.10));
  CHECK(run_time == Approx(-0.368).margin(0.10));
}
