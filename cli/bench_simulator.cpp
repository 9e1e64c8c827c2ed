// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_simulator.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <sys/resource.h>

#include "base/error.h"
#include "base/params.h"
#include "cli/serving_workload.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/machine/catalog.h"
#include "simulator/memory/capacity.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/simulation_config.h"
#include "simulator/tiers/parse_tier.h"

namespace pagequest::cli {
namespace {

using namespace simulator;

/// The same request again and again, made when it is asked for.
class EqualRequests final : public SessionSource {
 public:
  EqualRequests(std::int32_t input, std::int32_t output, std::int64_t count) : count_(count) {
    session_ = std::make_shared<Session>(
        Session{.episode = EpisodeId{0},
                .program = {BeginTurn{0}, Prefill{input}, Decode{output - 1}},
                .turns = {}});
  }
  [[nodiscard]] std::shared_ptr<const Session> next() override {
    return count_-- > 0 ? std::make_shared<Session>(*session_) : nullptr;
  }

 private:
  std::shared_ptr<const Session> session_;
  std::int64_t count_;
};

struct Row {
  std::string_view name;
  std::string_view description;
  std::string_view peers;  // measured on one such core, or published
  bool needs_trace;
  bool is_long;  // runs once
  RunMetrics (*run)(const std::string& trace);
};

SimulationConfig settings(std::map<std::string, std::string> given) {
  return SimulationConfig::from(Params("bench simulator", SimulationConfig::parameters(), given));
}

RunMetrics serve(SessionSource& source, const SimulationConfig& config,
                 const std::vector<TierSpec>& tiers = {}, std::string_view served = "qwen3-8b") {
  const GpuSpec gpu = catalog_gpu("h100-sxm-80gb");
  const ModelSpec model = catalog_model(served);
  const RooflineCost cost(gpu, model);
  const KvCapacity capacity = kv_capacity(gpu, model, config);
  std::optional<TierChain> chain;
  if (!tiers.empty()) {
    chain.emplace(tiers, capacity.page_bytes, config.replicas, WriteMode::on_evict);
  }
  Cluster cluster(source,
                  {.cost = cost,
                   .pages = capacity.pages,
                   .page_bytes = capacity.page_bytes,
                   .tiers = chain ? &*chain : nullptr},
                  config);
  cluster.run();
  return cluster.metrics();
}

RunMetrics serve_equal(std::int32_t input, std::int32_t output, std::int64_t count,
                       std::map<std::string, std::string> given) {
  EqualRequests source(input, output, count);
  return serve(source, settings(std::move(given)));
}

RunMetrics serve_trace(const std::string& trace, const std::vector<TierSpec>& tiers) {
  const Workload workload = load_workload({.source = trace});
  ListedSessions source(workload.sessions, static_cast<std::int64_t>(workload.sessions.size()));
  return serve(source,
               settings({{"page_tokens", std::to_string(std::max(16, workload.block_tokens))},
                         {"replicas", "8"},
                         {"prefix_cache", "lru"},
                         {"arrivals", "recorded"},
                         {"max_batch_tokens", "2048"}}),
               tiers);
}

RunMetrics cross_check(const std::string& /*trace*/) {
  // A model that is slow enough for the number of iterations to depend on the scheduler alone.
  EqualRequests source(1024, 512, 2000);
  return serve(source,
               settings({{"arrivals", "poisson"},
                         {"arrival_rate", "50"},
                         {"max_batch_tokens", "512"},
                         {"max_batch_sequences", "128"},
                         {"watermark", "0"},
                         {"kv_pages", "100000"}}),
               {}, "qwen3-32b");
}

RunMetrics light(const std::string& /*trace*/) {
  return serve_equal(1147, 211, 10'000, {{"arrivals", "poisson"}, {"arrival_rate", "6.45"}});
}

RunMetrics decode_heavy(const std::string& /*trace*/) {
  return serve_equal(256, 8192, 2000, {{"arrivals", "closed"}, {"concurrency", "64"}});
}

RunMetrics million(const std::string& /*trace*/) {
  return serve_equal(512, 128, 1'000'000,
                     {{"arrivals", "poisson"},
                      {"arrival_rate", "640"},
                      {"replicas", "64"},
                      {"router", "least_loaded"}});
}

RunMetrics with_cache(const std::string& trace) { return serve_trace(trace, {}); }

RunMetrics with_tiers(const std::string& trace) {
  return serve_trace(trace, {parse_tier("dram"), parse_tier("ssd"), parse_tier("remote")});
}

constexpr Row kRows[] = {
    {"cache", "the trace on 8 replicas with a prefix cache",
     "Mooncake conversation: BLIS 11.5 s, 1.74 GB; Vidur 204 s, 2.45 GB", true, false, with_cache},
    {"cross_check", "2,000 requests, 1,024 in, 512 out, 50/s, 512 tokens and 128 sequences a batch",
     "8,439 iterations; BLIS 0.69 s, Vidur 3.83 s", false, false, cross_check},
    {"decode", "2,000 requests, 256 in, 8,192 out, 64 in flight",
     "sequence-steps/s: Vidur 0.2 to 0.4 M, BLIS 1.0 to 1.5 M", false, false, decode_heavy},
    {"light", "10,000 requests, 1,147 in, 211 out, 6.45/s", "BLIS 2.14 s, Vidur 11.5 s", false,
     false, light},
    {"million", "1,000,000 requests, 512 in, 128 out, 640/s on 64 replicas", "", false, true,
     million},
    {"tiers", "as cache, with DRAM, SSD and a remote store below",
     "Dynamo's claim on an Apple M4: 23,608 requests in 2.41 s", true, false, with_tiers},
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void add_row(ResultTable& table, const Row& row, const SimulatorBench& bench) {
  double best = 0.0;
  RunMetrics metrics;
  for (int i = 0; i < (row.is_long ? 1 : bench.repetitions); ++i) {
    const double begin = processor_seconds();
    metrics = row.run(bench.trace);
    const double seconds = processor_seconds() - begin;
    best = i == 0 ? seconds : std::min(best, seconds);
  }
  const auto rate = [best](std::int64_t count) { return static_cast<double>(count) / best; };
  table.add({std::string(row.name), best, rate(metrics.requests), rate(metrics.iterations),
             rate(metrics.batch_threads), metrics.iterations, to_seconds(metrics.run_time) / best,
             peak_memory_mb(), std::string(row.peers)});
}

}  // namespace

std::vector<std::string> bench_simulator_rows() {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.name);
  return names;
}

ResultTable bench_simulator(const SimulatorBench& bench) {
  ResultTable table("bench_simulator",
                    "Speed of the serving simulator on one core, import of a trace included. Peak "
                    "memory is that of the process so far: ask for one row at a time.",
                    {{"run", ""},
                     {"processor_time", "s"},
                     {"requests", "1/s"},
                     {"iterations", "1/s"},
                     {"sequence_steps", "1/s"},
                     {"iterations_run", "iterations"},
                     {"real_time", "times"},
                     {"peak_memory", "MiB"},
                     {"others", "on such a core"}});
  for (const std::string& name : bench.rows) {
    const Row& row = entry_named("row", name, kRows);
    if (row.needs_trace && bench.trace.empty()) {
      throw usage_error({.what = "the row serves a trace",
                         .where = name,
                         .found = "none",
                         .expected = "--trace FILE",
                         .hint = {}});
    }
  }
  for (const Row& row : kRows) {
    const bool is_wanted =
        std::find(bench.rows.begin(), bench.rows.end(), row.name) != bench.rows.end();
    const bool is_due = bench.rows.empty() && (!row.needs_trace || !bench.trace.empty());
    if (is_wanted || is_due) add_row(table, row, bench);
  }
  return table;
}

}  // namespace pagequest::cli
