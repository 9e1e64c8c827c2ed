// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/replay_tables.h"

#include <string>
#include <utility>

namespace pagequest::simulator {
namespace {

double share(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

/// A table of one row, built cell by cell.
class OneRow {
 public:
  void add(std::string name, std::string unit, Cell value) {
    columns_.push_back({std::move(name), std::move(unit)});
    cells_.push_back(std::move(value));
  }
  [[nodiscard]] ResultTable table(std::string name, std::string description) {
    ResultTable out(std::move(name), std::move(description), std::move(columns_));
    out.add(std::move(cells_));
    return out;
  }

 private:
  std::vector<Column> columns_;
  std::vector<Cell> cells_;
};

void add_latencies(OneRow& row, const RunMetrics& metrics) {
  const auto add = [&row](const std::string& name, const Samples& samples) {
    for (const int percent : {50, 95, 99}) {
      row.add(name + "_p" + std::to_string(percent), "s", samples.percentile(percent));
    }
  };
  add("episode_ttft", metrics.episode_ttft);
  add("turn_ttft", metrics.turn_ttft);
  row.add("tpot_mean", "s", metrics.tpot.mean());
  add("tpot", metrics.tpot);
  add("episode_latency", metrics.episode_latency);
}

void add_throughput(OneRow& row, const RunMetrics& metrics, double replicas) {
  const double seconds = to_seconds(metrics.run_time);
  const auto per_s = [seconds](std::int64_t count) {
    return share(static_cast<double>(count), seconds);
  };
  row.add("requests", "episodes", metrics.requests);
  row.add("turns", "turns", metrics.turns);
  row.add("run_time", "s", seconds);
  row.add("gpu_busy", "share of the run time",
          share(to_seconds(metrics.busy_time), seconds * replicas));
  row.add("output_throughput", "tokens/s",
          per_s(metrics.output_tokens + metrics.aux_output_tokens));
  row.add("main_output_throughput", "tokens/s", per_s(metrics.output_tokens));
  row.add("total_throughput", "tokens/s",
          per_s(metrics.output_tokens + metrics.aux_output_tokens + metrics.prefill_tokens));
  row.add("request_throughput", "episodes/s", per_s(metrics.requests));
}

void add_occupancy(OneRow& row, const ReplayResult& result, double page_tokens) {
  const auto pages = static_cast<double>(result.capacity.pages * result.replicas);
  const auto peak_live = static_cast<double>(result.metrics.peak_live_tokens);
  const std::string unit = "share of the KV pool";
  row.add("kv_used_mean", unit, share(result.overall.mean.used_pages, pages));
  row.add("kv_used_peak", unit, share(static_cast<double>(result.metrics.peak_pages), pages));
  row.add("kv_live_mean", unit, share(result.overall.mean.live_tokens, pages * page_tokens));
  row.add("kv_live_peak", unit, share(peak_live, pages * page_tokens));
}

/// Only where requests name their blocks: without identities a rate of 0 would be made up.
void add_reuse(OneRow& row, const RunMetrics& metrics) {
  if (metrics.prompt_blocks == 0) return;
  const auto blocks = static_cast<double>(metrics.prompt_blocks);
  row.add("prefix_hits", "share of the prompts' full blocks",
          share(static_cast<double>(metrics.hit_blocks), blocks));
  row.add("tier_hits", "share of the prompts' full blocks",
          share(static_cast<double>(metrics.tier_hit_blocks), blocks));
  row.add("prefetched_blocks", "blocks", metrics.prefetched_blocks);
  row.add("reused_tokens", "tokens", metrics.reused_tokens);
  row.add("fetched_tokens", "tokens", metrics.fetched_tokens);
}

ResultTable summary(const ReplayResult& result, const std::string& label) {
  const RunMetrics& metrics = result.metrics;
  OneRow row;
  add_throughput(row, metrics, result.replicas);
  add_latencies(row, metrics);
  row.add(
      "batch_mean", "threads",
      share(static_cast<double>(metrics.batch_threads), static_cast<double>(metrics.iterations)));
  row.add("batch_max", "threads", metrics.max_batch_threads);
  row.add("iterations", "iterations", metrics.iterations);
  add_occupancy(row, result, result.page_tokens);
  add_reuse(row, metrics);
  row.add("preemptions", "preemptions", metrics.preemptions);
  row.add("refused", "episodes", metrics.refused);
  row.add("recomputed_tokens", "tokens", metrics.recomputed_tokens);
  row.add("prefill_tokens", "tokens", metrics.prefill_tokens);
  row.add("output_tokens", "tokens", metrics.output_tokens);
  row.add("aux_tokens", "tokens", metrics.aux_tokens);
  row.add("aux_output_tokens", "tokens", metrics.aux_output_tokens);
  row.add("join_wait", "s, summed over episodes", to_seconds(metrics.join_wait));
  return row.table("simulation_summary",
                   "Serving of recorded episodes, simulated. used: physical pages; live: tokens "
                   "kept, over all token slots. " +
                       label);
}

ResultTable timeline(const ReplayResult& result, const std::string& label) {
  const auto pages = static_cast<double>(result.capacity.pages * result.replicas);
  ResultTable table("simulation_timeline", "Means over intervals of the simulated run. " + label,
                    {{"time", "s, middle of the interval"},
                     {"batch", "threads"},
                     {"running", "episodes"},
                     {"waiting", "episodes"},
                     {"tool_wait", "episodes"},
                     {"kv_used", "share of the KV pool"},
                     {"kv_live", "share of the KV pool"},
                     {"output_throughput", "tokens/s"}});
  for (const TimelineRow& row : result.timeline) {
    table.add({to_seconds(row.begin + (row.end - row.begin) / 2), row.mean.batch_threads,
               row.mean.running, row.mean.waiting, row.mean.tool_wait,
               share(row.mean.used_pages, pages),
               share(row.mean.live_tokens, pages * result.page_tokens),
               share(row.output_tokens, to_seconds(row.end - row.begin))});
  }
  return table;
}

ResultTable capacity(const ReplayResult& result, const std::string& label) {
  constexpr double kGb = 1e-9;
  const KvCapacity& kv = result.capacity;
  const auto pages = static_cast<double>(kv.pages);
  OneRow row;
  row.add("usable_memory", "GB", kv.usable_bytes * kGb);
  row.add("weights", "GB", kv.weight_bytes * kGb);
  row.add("activations", "GB", kv.activation_bytes * kGb);
  row.add("runtime", "GB", kv.runtime_bytes * kGb);
  row.add("kv_pool", "GB", pages * kv.gpu_page_bytes * kGb);
  row.add("sliding_windows", "GB", kv.window_bytes * kGb);
  row.add("sliding_waste", "share of the pool that long sequences never read again",
          kv.sliding_waste);
  row.add("replicas", "replicas", std::int64_t{result.replicas});
  row.add("kv_pages", "pages", kv.pages);
  row.add("kv_tokens", "tokens", static_cast<std::int64_t>(pages * result.page_tokens));
  row.add("episode_peak_mean", "pages", result.workload.peak_pages);
  row.add("episode_peak_max", "pages", result.workload.most_pages);
  row.add("episodes_at_mean_peak", "episodes", share(pages, result.workload.peak_pages));
  row.add("episodes_at_max_peak", "episodes",
          share(pages, static_cast<double>(result.workload.most_pages)));
  return row.table(
      "simulation_capacity",
      "Where the memory of a replica's GPU goes, and how many episodes fit at once if all are at "
      "the mean or the largest peak of the recorded ones. " +
          label);
}

ResultTable workload(const ReplayResult& result, const std::string& label) {
  const WorkloadMeans& means = result.workload;
  OneRow row;
  row.add("episodes", "recorded episodes", means.episodes);
  row.add("turns", "turns an episode", means.turns);
  row.add("prompt", "tokens an episode", means.prompt);
  row.add("responses", "tokens an episode", means.responses);
  row.add("thoughts", "tokens an episode", means.thoughts);
  row.add("calls", "tokens an episode", means.calls);
  row.add("answers", "tokens an episode", means.answers);
  row.add("auxiliary", "tokens an episode", means.auxiliary);
  row.add("evicted", "tokens an episode", means.evicted);
  row.add("peak_live", "tokens", means.peak_tokens);
  return row.table("simulation_workload", "What is served, in served tokens. " + label);
}

}  // namespace

std::string run_label(const Workload& workload, const GpuSpec& gpu, const ModelSpec& model,
                      const SimulationConfig& config) {
  std::string load = "closed loop of " + std::to_string(config.concurrency) + " episodes";
  switch (load_of(workload, config)) {
    case Load::poisson:
      load = "Poisson arrivals, " + to_text(ParamValue(config.arrival_rate)) + " episodes/s";
      break;
    case Load::recorded:
      load = "arrivals as recorded, times " + to_text(ParamValue(config.time_scale));
      break;
    default:
      break;
  }
  return "Machine " + gpu.name + ", served model " + model.name + ", token scale " +
         std::to_string(workload.token_scale) + " served tokens for a recorded one, " + load +
         ", tool latency median " + to_text(ParamValue(config.tool_latency_median_s)) +
         " s (assumed), simulation seed " + std::to_string(config.seed) + "; " + workload.label +
         ". Evictions as recorded; accuracy never comes from a replay.";
}

std::vector<ResultTable> replay_tables(const ReplayResult& result, const std::string& label) {
  return {summary(result, label), timeline(result, label), capacity(result, label),
          workload(result, label)};
}

ResultTable settings_table(const Params& params, const std::string& label) {
  ResultTable table("simulation_settings", "Settings of the simulated run. " + label,
                    {{"setting", ""}, {"value", ""}});
  for (const auto& [name, value] : params.all()) table.add({name, to_text(value)});
  return table;
}

}  // namespace pagequest::simulator
