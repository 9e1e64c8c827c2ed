// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Hits of a prefix cache without bounds, counted by hand.
#include <cstdint>
#include <unordered_set>

#include <catch2/catch.hpp>

#include "simulator/workload/request_sessions.h"
#include "tests/validation/mooncake.h"
#include "tests/validation/server.h"
#include "traces/import/request_figures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::validation;

namespace {

struct Hits {
  std::int64_t looked_up = 0;
  std::int64_t found = 0;
};

/// A page counts if it is full and leaves a token of the prompt to compute.
Hits count_hits(const traces::RequestTrace& trace) {
  Hits out;
  std::unordered_set<std::uint64_t> seen;
  for (const traces::RequestRow& row : trace.rows) {
    const auto full = static_cast<std::uint64_t>(row.input_tokens / 512);
    const auto reusable = static_cast<std::uint64_t>((row.input_tokens - 1) / 512);
    const std::uint64_t* ids = trace.blocks.data() + row.first_block;
    bool leads = true;
    for (std::uint64_t i = 0; i < full; ++i) {
      const bool is_new = seen.insert(ids[i]).second;
      leads = leads && !is_new;
      if (i < reusable) out.looked_up += 1;
      if (i < reusable && leads) out.found += 1;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("A cache without bounds finds what the trace repeats, page for page") {
  const auto trace = mooncake();
  if (!trace) return;
  Workload workload = request_workload(*trace);
  // Each request ends before the next one comes.
  for (std::size_t i = 0; i < workload.sessions.size(); ++i) {
    workload.sessions[i].arrival = static_cast<Nanoseconds>(i) * 1'000'000'000;
  }
  SimulationConfig settings = one_at_a_time();
  settings.load = Load::recorded;
  settings.page_tokens = 512;
  settings.prefix_cache = "lru";
  const AffineCost cost(1000, 0);
  ListedSessions source(workload.sessions, static_cast<std::int64_t>(workload.sessions.size()));
  const Run run = serve(source, cost, settings);
  const Hits expected = count_hits(*trace);
  CHECK(run.metrics.prompt_blocks == expected.looked_up);
  CHECK(run.metrics.hit_blocks == expected.found);
  CHECK(run.metrics.reused_tokens == 512 * expected.found);
  // The ceiling of the trace counts partial blocks too, as the trace has ids for them.
  const double ids = static_cast<double>(trace->blocks.size());
  CHECK(traces::prefix_hit_ceiling(*trace) == Approx(0.3664).margin(5e-5));
  CHECK(static_cast<double>(run.metrics.hit_blocks) / ids <= traces::prefix_hit_ceiling(*trace));
}
