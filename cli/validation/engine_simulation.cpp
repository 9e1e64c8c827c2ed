// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/validation/engine_simulation.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/replay.h"

namespace pagequest::cli {
namespace {

using nlohmann::json;

[[noreturn]] void throw_no_profile(const std::filesystem::path& profile, const std::string& found) {
  throw input_error({.what = "can't read the profile",
                     .where = profile.string(),
                     .found = found,
                     .expected = "a JSON object of schema pagequest.profile.1",
                     .hint = "`pagequest calibrate` writes one"});
}

json parse(const std::filesystem::path& profile) {
  std::ifstream in(profile);
  if (!in) throw_no_profile(profile, "no readable file");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  json document = nests_too_deep(text) ? json() : json::parse(text, nullptr, false);
  if (!document.is_object()) throw_no_profile(profile, "no JSON object");
  if (document.value("schema", json()) != "pagequest.profile.1") {
    throw_no_profile(profile, "schema " + document.value("schema", json()).dump());
  }
  return document;
}

/// Seconds that a step takes by itself, for each sequence, for each token, for each cached token
/// that a decoding sequence reads, and for each (query, key) pair of a chunk.
struct LinearCost {
  double step = 0;
  double sequence = 0;
  double token = 0;
  double read = 0;
  double pair = 0;
};

double read_cost(const json& points) {
  const json* shallow = nullptr;
  const json* deep = nullptr;
  for (const json& point : points) {
    if (point.at("kind") != "decode") continue;
    if (deep == nullptr || point.at("batch") > deep->at("batch")) shallow = deep = &point;
    if (point.at("batch") == deep->at("batch")) deep = &point;
  }
  const double reads =
      deep == nullptr ? 0.0
                      : deep->at("batch").get<double>() * (deep->at("context").get<double>() -
                                                           shallow->at("context").get<double>());
  if (reads <= 0) return 0;
  const double seconds = deep->at("seconds").get<double>() - shallow->at("seconds").get<double>();
  return std::max(0.0, seconds / reads);
}

/// Slope and intercept through the points of one kind at their shallowest context, without what
/// they read: least squares in `unit`.
std::pair<double, double> line(const json& points, const std::string& kind, const std::string& unit,
                               double read, double pair) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const json& point : points) {
    if (point.at("kind") != kind) continue;
    const double x = point.at(unit).get<double>();
    const double context = point.at("context").get<double>();
    const double pairs = kind == "prefill" ? x * context + x * (x + 1) / 2 : 0.0;
    const double reads = kind == "decode" ? x * context : 0.0;
    const double y = point.at("seconds").get<double>() - read * reads - pair * pairs;
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double spread = n * sxx - sx * sx;
  if (spread <= 0) return {n > 0 && sx > 0 ? sy / sx : 0.0, 0.0};
  const double slope = std::max(0.0, (n * sxy - sx * sy) / spread);
  return {slope, std::max(0.0, (sy - slope * sx) / n)};
}

LinearCost linear_cost(const json& points) {
  LinearCost cost;
  // A pair of a chunk costs about what a decoding sequence's does: one query row meets one key.
  cost.read = cost.pair = read_cost(points);
  const auto [sequence, step] = line(points, "decode", "batch", cost.read, cost.pair);
  cost.token = line(points, "prefill", "tokens", cost.read, cost.pair).first;
  cost.step = step;
  cost.sequence = std::max(0.0, sequence - cost.token);
  return cost;
}

simulator::ModelSpec spec_of(const model::ModelConfig& model) {
  simulator::ModelSpec spec;
  spec.name = model.name;
  spec.layers = model.layers;
  spec.hidden = model.hidden_size;
  spec.query_heads = model.query_heads;
  spec.kv_heads = model.kv_heads;
  spec.head_dim = model.head_dim;
  spec.intermediate = model.intermediate_size;
  spec.vocabulary = model.vocabulary;
  spec.tied_embeddings = model.tied_embeddings;
  return spec;
}

/// A machine on which the roofline of the model is the linear cost.
simulator::GpuSpec machine_of(const LinearCost& cost, const simulator::ModelSpec& model) {
  constexpr double kNever = 1e30;  // bytes/s that nothing waits for
  const double flops = 2.0 * (model.active_weights());
  const double read_bytes = model.layers * model.kv_bytes_per_layer();
  const double pair_flops = 4.0 * model.query_heads * model.head_dim * model.layers;
  simulator::GpuSpec machine;
  machine.name = "profile";
  machine.hbm_bytes = {.value = kNever};
  machine.hbm_bytes_per_s = {.value = kNever};
  machine.bf16_flops = {.value = 1.0};
  auto& efficiency = machine.efficiency;
  efficiency.weight_read = {.value = 1.0};
  efficiency.matrix_product = {.value = cost.token > 0 ? flops / cost.token : kNever};
  efficiency.decode_attention = {.value = cost.read > 0 ? read_bytes / cost.read / kNever : kNever};
  efficiency.prefill_attention = {.value = cost.pair > 0 ? pair_flops / cost.pair : kNever};
  efficiency.decode_window_attention = efficiency.decode_attention;
  efficiency.prefill_window_attention = efficiency.prefill_attention;
  efficiency.iteration_overhead_us = {.value = cost.step * 1e6};
  efficiency.sequence_overhead_us = {.value = cost.sequence * 1e6};
  return machine;
}

simulator::SimulationConfig config_of(const simulator::Workload& workload,
                                      const EngineSettings& settings) {
  simulator::SimulationConfig config = simulator::SimulationConfig::defaults();
  config.concurrency = settings.concurrency;
  config.requests = static_cast<std::int32_t>(workload.sessions.size());
  config.token_scale = workload.token_scale;
  config.page_tokens = settings.page_tokens;
  config.kv_pages = settings.kv_pages;
  config.max_batch_tokens = settings.max_batch_tokens;
  config.max_batch_sequences =
      2 * settings.concurrency;  // an auxiliary thread beside each main one
  config.watermark = 0.0;
  config.admission = simulator::Admission::chunk;
  config.tool_latency_median_s = 0.0;
  config.tool_latency_sigma = 0.0;
  return config;
}

}  // namespace

ProfileHeader read_profile_header(const std::filesystem::path& profile) {
  const json document = parse(profile);
  try {
    return {.model = document.at("model"),
            .device = document.at("device"),
            .kv_storage = document.at("kv_storage"),
            .clock = bench::run_clock_named(document.at("clock").get<std::string>()),
            .threads = document.at("threads"),
            .page_tokens = document.at("page_tokens")};
  } catch (const json::exception& error) {
    throw_no_profile(profile, error.what());
  }
}

// Until the simulator has the engine's scheduler and reads profiles itself, the profile becomes
// a linear cost and the schedule is that of `pagequest simulate`.
simulator::RunMetrics simulate_like_engine(const simulator::Workload& workload,
                                           const std::filesystem::path& profile,
                                           const model::ModelConfig& model,
                                           const EngineSettings& settings) {
  try {
    const LinearCost cost = linear_cost(parse(profile).at("points"));
    const simulator::ModelSpec spec = spec_of(model);
    return simulator::replay(workload, machine_of(cost, spec), spec, config_of(workload, settings))
        .metrics;
  } catch (const json::exception& error) {
    throw_no_profile(profile, error.what());
  }
}

}  // namespace pagequest::cli
