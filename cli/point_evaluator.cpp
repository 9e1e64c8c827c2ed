// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/point_evaluator.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/params.h"
#include "cli/evaluation/file_hash.h"
#include "cli/serving_workload.h"
#include "simulator/planning/saturation.h"
#include "simulator/replay.h"
#include "simulator/simulation_config.h"

namespace pagequest::cli {
namespace {

using Metrics = std::map<std::string, double>;
using simulator::to_seconds;

constexpr int kPercentiles[] = {50, 90, 95, 99};
constexpr std::string_view kHashSuffix = "_hash";

/// Settings that SimulationOptions holds beside the parameters.
struct NamedSetting {
  std::string_view name;
  std::string SimulationOptions::*value;
  bool is_file;
};

constexpr NamedSetting kNamed[] = {{"machine", &SimulationOptions::machine, false},
                                   {"machine_file", &SimulationOptions::machine_file, true},
                                   {"serve", &SimulationOptions::serve, false},
                                   {"serve_file", &SimulationOptions::serve_file, true},
                                   {"policy", &SimulationOptions::policy, false}};

/// What a run looked like between two of its times.
simulator::ServerState mean_between(const std::vector<simulator::TimelineRow>& rows, double begin,
                                    double end) {
  simulator::ServerState sum;
  double total = 0.0;
  for (const auto& row : rows) {
    const double overlap =
        std::min(end, to_seconds(row.end)) - std::max(begin, to_seconds(row.begin));
    if (overlap <= 0.0) continue;
    sum.waiting += overlap * row.mean.waiting;
    sum.running += overlap * row.mean.running;
    total += overlap;
  }
  if (total > 0.0) sum.waiting /= total;
  if (total > 0.0) sum.running /= total;
  return sum;
}

/// Until the last request arrived; of a closed loop, until the last ones began to leave.
double arrival_seconds(const simulator::ReplayResult& result,
                       const simulator::SimulationConfig& config) {
  const double run = to_seconds(result.metrics.run_time);
  const auto requests = static_cast<double>(result.metrics.requests);
  if (config.arrival_rate > 0.0) return std::min(run, requests / config.arrival_rate);
  if (result.recorded_seconds > 0.0) return std::min(run, result.recorded_seconds);
  return run * std::max(0.5, 1.0 - config.concurrency / std::max(requests, 1.0));
}

void add_queue(const simulator::ReplayResult& result, const simulator::SimulationConfig& config,
               Metrics& metrics) {
  const double quarter = arrival_seconds(result, config) / 4.0;
  const auto early = mean_between(result.timeline, quarter, 2.0 * quarter);
  const auto late = mean_between(result.timeline, 3.0 * quarter, 4.0 * quarter);
  const double recorded_rate =
      result.recorded_seconds > 0.0
          ? static_cast<double>(result.metrics.requests) / result.recorded_seconds
          : 0.0;
  const double rate = config.arrival_rate > 0.0 ? config.arrival_rate : recorded_rate;
  metrics["queue_arrived"] = rate * 2.0 * quarter;
  metrics["queue_waiting_early"] = early.waiting;
  metrics["queue_waiting_late"] = late.waiting;
  metrics["queue_served_late"] = late.running;
}

void add_latencies(const simulator::RunMetrics& run, Metrics& metrics) {
  const auto add = [&](const std::string& name, const simulator::Samples& samples) {
    for (const int percent : kPercentiles) {
      metrics[name + "_p" + std::to_string(percent)] = samples.percentile(percent);
    }
  };
  add("ttft", run.episode_ttft);
  add("turn_ttft", run.turn_ttft);
  add("tpot", run.tpot);
  add("e2e", run.episode_latency);
}

Metrics metrics_of(const simulator::ReplayResult& result,
                   const simulator::SimulationConfig& config) {
  const simulator::RunMetrics& run = result.metrics;
  const double seconds = std::max(to_seconds(run.run_time), 1e-9);
  const auto pages = static_cast<double>(std::max<std::int64_t>(result.capacity.pages, 1));
  Metrics metrics;
  const auto auxiliary = static_cast<double>(run.aux_output_tokens);
  metrics["main_output_throughput"] = static_cast<double>(run.output_tokens) / seconds;
  metrics["output_throughput"] = metrics["main_output_throughput"] + auxiliary / seconds;
  metrics["request_throughput"] = static_cast<double>(run.requests) / seconds;
  metrics["run_time"] = to_seconds(run.run_time);
  metrics["gpu_busy"] = to_seconds(run.busy_time) / seconds;
  metrics["kv_used_peak"] = static_cast<double>(run.peak_pages) / pages;
  metrics["preemptions"] = static_cast<double>(run.preemptions);
  metrics["recomputed_tokens"] = static_cast<double>(run.recomputed_tokens);
  add_latencies(run, metrics);
  add_queue(result, config, metrics);
  return metrics;
}

const std::string& trace_of(const PointEvaluator::Settings& settings) {
  const auto at = settings.find("trace");
  if (at != settings.end()) return at->second;
  throw usage_error({.what = "a setting is missing",
                     .where = "trace",
                     .found = "none",
                     .expected = "a trace file",
                     .hint = "fixed: {trace: t.h5}"});
}

SimulationOptions options_of(const PointEvaluator::Settings& settings) {
  SimulationOptions options;
  for (const auto& [name, value] : settings) {
    if (name == "trace" || name.ends_with(kHashSuffix)) continue;
    const auto is_it = [&name = name](const NamedSetting& named) { return named.name == name; };
    const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed), is_it);
    if (named != std::end(kNamed)) {
      options.*(named->value) = value;
    } else {
      options.params[name] = value;
    }
  }
  return options;
}

}  // namespace

std::vector<std::string> PointEvaluator::setting_names() {
  std::vector<std::string> names = {"trace"};
  for (const auto& named : kNamed) names.emplace_back(named.name);
  for (const auto& spec : simulator::SimulationConfig::parameters()) names.emplace_back(spec.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> PointEvaluator::metric_names() {
  std::vector<std::string> names;
  for (const auto& [name, value] : metrics_of({}, {})) names.push_back(name);
  return names;
}

PointEvaluator::Settings PointEvaluator::resolve(const Settings& given) {
  const SimulationOptions options = fitted(trace_of(given), options_of(given));
  const Params params = params_of(options);
  (void)simulator::SimulationConfig::from(params);
  (void)specs_of(options);
  Settings resolved = {{"trace", trace_of(given)}};
  resolved["trace_hash"] = hash_of(resolved["trace"]);
  for (const auto& named : kNamed) {
    const std::string& value = options.*(named.value);
    // A file takes the place of the catalogue's entry, whatever that would be.
    if (value.empty() || (!named.is_file && given.contains(std::string(named.name) + "_file"))) {
      continue;
    }
    resolved[std::string(named.name)] = value;
    if (named.is_file) resolved[std::string(named.name) + "_hash"] = hash_of(value);
  }
  for (const auto& [name, value] : params.all()) resolved[name] = to_text(value);
  return resolved;
}

std::map<std::string, double> PointEvaluator::evaluate(const Settings& settings) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = metrics_.find(settings); found != metrics_.end()) return found->second;
  }
  const SimulationOptions options = options_of(settings);
  const auto config = simulator::SimulationConfig::from(params_of(options));
  const auto workload = workload_of(trace_of(settings), options);
  const Specs specs = specs_of(options);
  Metrics metrics =
      metrics_of(simulator::replay(*workload, specs.gpu, specs.model, config), config);
  const std::scoped_lock lock(mutex_);
  return metrics_.emplace(settings, std::move(metrics)).first->second;
}

double PointEvaluator::recorded_rate(const Settings& settings) {
  const std::string& source = trace_of(settings);
  const auto workload = workload_of(source, fitted(source, options_of(settings)));
  const auto& sessions = workload->sessions;
  if (sessions.size() < 2 || sessions.front().arrival < 0) return 0.0;
  const double seconds = to_seconds(sessions.back().arrival - sessions.front().arrival);
  return seconds > 0.0 ? static_cast<double>(sessions.size() - 1) / seconds : 0.0;
}

PointEvaluator::Specs PointEvaluator::specs_of(const SimulationOptions& options) {
  const std::scoped_lock lock(mutex_);
  const auto gpu = options.machine_file.empty() ? options.machine : "file " + options.machine_file;
  const auto model = options.serve_file.empty() ? options.serve : "file " + options.serve_file;
  if (!gpus_.contains(gpu)) gpus_.emplace(gpu, gpu_of(options));
  if (!models_.contains(model)) models_.emplace(model, model_of(options));
  return {gpus_.at(gpu), models_.at(model)};
}

SimulationOptions PointEvaluator::fitted(const std::string& source, SimulationOptions options) {
  const std::scoped_lock lock(mutex_);
  if (!block_tokens_.contains(source)) block_tokens_[source] = block_tokens_of(source);
  if (block_tokens_[source] > 0) {
    options.params.try_emplace("page_tokens", std::to_string(block_tokens_[source]));
  }
  return options;
}

std::string PointEvaluator::hash_of(const std::string& file) {
  const std::scoped_lock lock(mutex_);
  std::string& hash = hashes_[file];
  // A folder has no content of its own, and what is generated is its name.
  if (is_generated(file) || std::filesystem::is_directory(file)) return "none";
  if (hash.empty()) hash = hash_of_file(file);
  return hash;
}

PointEvaluator::SharedWorkload PointEvaluator::workload_of(const std::string& source,
                                                           const SimulationOptions& options) {
  const Params params = params_of(options);
  std::string key = source + '\n' + options.policy;
  for (const char* name : {"page_tokens", "requests", "seed", "token_scale"}) {
    key += '\n' + to_text(params.all().find(name)->second);
  }
  const std::scoped_lock lock(mutex_);
  SharedWorkload& workload = workloads_[key];
  if (!workload) {
    workload = std::make_shared<simulator::Workload>(cli::workload_of(source, options));
  }
  return workload;
}

}  // namespace pagequest::cli
