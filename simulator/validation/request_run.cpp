// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/request_run.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "simulator/metrics/percentile.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"

namespace pagequest::simulator {
namespace {

using nlohmann::json;

[[noreturn]] void complain(const std::string& where, const std::string& found) {
  throw input_error({.what = "can't read the measured requests",
                     .where = where,
                     .found = found,
                     .expected = "JSON lines with input_toks, output_toks (at least 2), queued_ts, "
                                 "first_token_ts and last_token_ts",
                     .hint = {}});
}

MeasuredRequest parse(const std::string& line, const std::string& where) {
  try {
    const json fields = json::parse(line);
    const double queued = fields.at("queued_ts");
    MeasuredRequest out{
        .input = fields.at("input_toks"), .output = fields.at("output_toks"), .queued_s = queued};
    out.ttft_s = fields.at("first_token_ts").get<double>() - queued;
    out.latency_s = fields.at("last_token_ts").get<double>() - queued;
    if (out.input < 1 || out.output < 2 || out.ttft_s <= 0.0 || out.latency_s < out.ttft_s) {
      complain(where, line);
    }
    return out;
  } catch (const json::exception& error) {
    complain(where, error.what());
  }
}

std::vector<Session> sessions_of(const std::vector<MeasuredRequest>& requests) {
  std::vector<Session> out;
  for (const auto& request : requests) {
    Session session;
    session.program = {BeginTurn{0}, Prefill{request.input}, Decode{request.output - 1}};
    session.arrival = std::llround(request.queued_s * 1e9);
    out.push_back(std::move(session));
  }
  return out;
}

}  // namespace

std::vector<MeasuredRequest> read_request_run(const std::filesystem::path& jsonl) {
  std::ifstream file(jsonl);
  std::vector<MeasuredRequest> out;
  std::int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string where = jsonl.string() + ", line " + std::to_string(++number);
    if (!line.empty()) out.push_back(parse(line, where));
  }
  if (out.empty()) complain(jsonl.string(), "no request");
  std::stable_sort(out.begin(), out.end(),
                   [](auto& a, auto& b) { return a.queued_s < b.queued_s; });
  const double first = out.front().queued_s;
  for (auto& request : out) request.queued_s -= first;
  return out;
}

RunMetrics simulate_request_run(const std::vector<MeasuredRequest>& requests, const StepCost& cost,
                                std::int64_t pages, SimulationConfig config) {
  config.load = Load::recorded;
  config.requests = static_cast<std::int32_t>(requests.size());
  config.token_scale = 1;
  config.prefix_cache = "none";
  const std::vector<Session> sessions = sessions_of(requests);
  ListedSessions source(sessions, config.requests);
  Cluster cluster(source, {.cost = cost, .pages = pages}, config);
  cluster.run();
  return cluster.metrics();
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0;
}

}  // namespace pagequest::simulator
