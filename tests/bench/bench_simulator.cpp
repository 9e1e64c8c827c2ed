// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Speed of the simulator: requests, iterations and sequence-steps (one thread's share of one
// iteration) a second of one core, beside figures that were measured for others
// (docs/simulator.md).
//   bench_simulator [TRACE]     a trace of `pagequest record` adds its own row
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "simulator/machine/catalog.h"
#include "simulator/replay.h"
#include "simulator/workload/projection.h"

namespace pagequest::bench {
namespace {

using namespace simulator;

struct Timing {
  RunMetrics metrics;
  double seconds;
};

/// Best of three: what the code costs without the noise of other processes.
Timing time_replay(const Workload& workload, const SimulationConfig& config) {
  Timing best{{}, 1e30};
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto result =
        replay(workload, catalog_gpu("h100-sxm-80gb"), catalog_model("gpt-oss-20b"), config);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best.seconds = std::min(best.seconds, took.count());
    best.metrics = std::move(result.metrics);
  }
  return best;
}

void print_row(const char* name, const Workload& workload, const SimulationConfig& config) {
  const auto [metrics, seconds] = time_replay(workload, config);
  std::printf("  %-38s %8.3f s %10.0f %12.0f %14.0f %9.0fx %12ld\n", name, seconds,
              static_cast<double>(metrics.requests) / seconds,
              static_cast<double>(metrics.iterations) / seconds,
              static_cast<double>(metrics.batch_threads) / seconds,
              to_seconds(metrics.run_time) / seconds, static_cast<long>(metrics.preemptions));
}

Workload fixed_lengths(std::int32_t input, std::int32_t output) {
  const Session session{.episode = EpisodeId{0},
                        .program = {BeginTurn{0}, Prefill{input}, Decode{output - 1}},
                        .turns = {}};
  return {.sessions = {session}, .label = "fixed lengths", .token_scale = 1};
}

/// Twenty turns with tool calls; every fourth forks an auxiliary thread and drops a response.
Workload agents() {
  Session session{.episode = EpisodeId{0}, .program = {}, .turns = {}};
  std::int32_t filled = 0;
  for (std::int32_t turn = 0; turn < 20; ++turn) {
    if (turn > 0) session.program.emplace_back(CallTool{"open"});
    session.program.emplace_back(Prefill{900});
    if (turn > 4 && turn % 4 == 1) {
      session.program.emplace_back(JoinAux{});
      session.program.emplace_back(Evict{{filled - 4000, 900}});
    }
    if (turn > 0 && turn % 4 == 0) session.program.emplace_back(ForkAux{8, 150});
    session.program.emplace_back(BeginTurn{turn});
    session.program.emplace_back(Decode{120});
    filled += 1020;
  }
  return {.sessions = {session}, .label = "agents", .token_scale = 1};
}

void run(int argc, char** argv) {
  std::printf("  %-38s %10s %10s %12s %14s %10s %12s\n", "run", "time", "requests/s",
              "iterations/s", "seq-steps/s", "real time", "preemptions");
  SimulationConfig config = SimulationConfig::defaults();
  config.requests = 2000;
  config.arrival_rate = 50.0;
  config.max_batch_tokens = 512;
  config.max_batch_sequences = 128;
  print_row("1024 in, 512 out, 50 qps, 128 seqs", fixed_lengths(1024, 512), config);
  config = SimulationConfig::defaults();
  config.requests = 10'000;
  config.concurrency = 256;
  print_row("1147 in, 211 out, 256 in flight", fixed_lengths(1147, 211), config);
  config.kv_pages = 12'000;
  config.requests = 2000;
  config.admission = Admission::chunk;
  print_row("the same, 12k pages: preemptions", fixed_lengths(1024, 512), config);
  config = SimulationConfig::defaults();
  config.requests = 1000;
  print_row("agents of 20 turns, 64 in flight", agents(), config);
  if (argc > 1) {
    config.requests = 1000;
    print_row("the trace, scale 16, 64 in flight", project(traces::Reader(argv[1]), 16), config);
  }
  std::printf(
      "\n  For comparison, measured by others' and our own runs on one EPYC core "
      "(docs/simulator.md):\n"
      "  row 1: Vidur 522 requests/s, 0.27 M seq-steps/s; BLIS 2,900, 1.48 M\n");
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  try {
    pagequest::bench::run(argc, argv);
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
