// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/validation/engine_simulation.h"

#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"
#include "simulator/cost/measured_cost.h"
#include "simulator/cost/measured_profile.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/simulation_config.h"

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

simulator::SimulationConfig config_of(const simulator::Workload& workload,
                                      const EngineSettings& settings) {
  simulator::SimulationConfig config = simulator::SimulationConfig::defaults();
  config.concurrency = settings.concurrency;
  config.requests = static_cast<std::int32_t>(workload.sessions.size());
  config.token_scale = workload.token_scale;
  config.page_tokens = settings.page_tokens;
  config.kv_pages = settings.kv_pages;
  config.max_batch_tokens = settings.max_batch_tokens;
  config.prefill_chunk = settings.prefill_chunk;
  config.scheduler = simulator::BatchRule::pagequest;
  config.load = simulator::Load::closed;
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

simulator::RunMetrics simulate_like_engine(const simulator::Workload& workload,
                                           const std::filesystem::path& profile,
                                           const EngineSettings& settings) {
  const simulator::MeasuredCost cost(simulator::load_measured_profile(profile));
  const simulator::SimulationConfig config = config_of(workload, settings);
  simulator::ListedSessions source(workload.sessions, config.requests);
  simulator::Cluster cluster(source, {.cost = cost, .pages = config.kv_pages}, config);
  cluster.run();
  return cluster.metrics();
}

}  // namespace pagequest::cli
