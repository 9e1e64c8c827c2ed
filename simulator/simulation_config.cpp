// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulation_config.h"

#include <limits>
#include <string>
#include <string_view>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

const ParamSpec kParameters[] = {
    {"admission", std::string("input"),
     "what must fit before an episode without pages is admitted: its whole input or its next "
     "chunk"},
    {"arrival_rate", 0.0,
     "episodes a second that arrive (Poisson); 0: closed loop with a fixed concurrency"},
    {"concurrency", std::int64_t{64}, "episodes in flight, of a closed loop"},
    {"hbm_utilisation", 0.9, "share of the GPU's memory that the server uses"},
    {"idle_kv", std::string("keep"),
     "keys and values of an episode that waits for a tool: keep or drop (recomputed later)"},
    {"kv_pages", std::int64_t{0}, "pages of the KV pool; 0: as many as the memory holds"},
    {"max_batch_sequences", std::int64_t{256}, "threads that one iteration computes at most"},
    {"max_batch_tokens", std::int64_t{8192}, "tokens that one iteration computes at most"},
    {"page_tokens", std::int64_t{16}, "tokens of a KV page"},
    {"preemption", std::string("latest"),
     "whose keys and values go when the pool is exhausted: latest (arrival) or idle_first"},
    {"requests", std::int64_t{0},
     "episodes to serve, reused in turn; 0: each recorded one once, but at least 4 x concurrency"},
    {"seed", std::int64_t{1}, "of tool latencies and arrivals"},
    {"timeline_rows", std::int64_t{400}, "rows of the timeline at most"},
    {"token_scale", std::int64_t{16}, "served tokens that stand for one recorded token"},
    {"tool_latency_median_s", 0.5, "median time of a tool call, s (assumed, not measured)"},
    {"tool_latency_sigma", 0.6, "spread of its log-normal distribution; 0: constant"},
    {"watermark", 0.01, "share of the KV pool that stays free when an episode is admitted"},
};

[[noreturn]] void out_of_range(std::string_view name, const std::string& found,
                               const std::string& expected) {
  throw usage_error({.what = "impossible setting of the simulation",
                     .where = std::string(name),
                     .found = found,
                     .expected = expected,
                     .hint = {}});
}

std::int64_t integer(const Params& params, std::string_view name, std::int64_t low,
                     std::int64_t high) {
  const std::int64_t value = params.integer(name);
  if (value < low || value > high) {
    out_of_range(name, std::to_string(value),
                 "from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

std::int32_t number(const Params& params, std::string_view name, std::int32_t low,
                    std::int32_t high) {
  return static_cast<std::int32_t>(integer(params, name, low, high));
}

double real(const Params& params, std::string_view name, double low, double high) {
  const double value = params.real(name);
  if (!(value >= low && value <= high)) {
    out_of_range(name, to_text(ParamValue(value)),
                 "from " + to_text(ParamValue(low)) + " to " + to_text(ParamValue(high)));
  }
  return value;
}

Admission parse_admission(const std::string& word) {
  if (word == "input") return Admission::input;
  if (word == "chunk") return Admission::chunk;
  throw_unknown_name("value of admission", word, {"chunk", "input"});
}

IdleKv parse_idle_kv(const std::string& word) {
  if (word == "keep") return IdleKv::keep;
  if (word == "drop") return IdleKv::drop;
  throw_unknown_name("value of idle_kv", word, {"drop", "keep"});
}

PreemptionOrder parse_preemption(const std::string& word) {
  if (word == "latest") return PreemptionOrder::latest;
  if (word == "idle_first") return PreemptionOrder::idle_first;
  throw_unknown_name("value of preemption", word, {"idle_first", "latest"});
}

}  // namespace

std::span<const ParamSpec> SimulationConfig::parameters() { return kParameters; }

SimulationConfig SimulationConfig::from(const Params& params) {
  constexpr std::int32_t kMany = 10'000'000;
  return {.concurrency = number(params, "concurrency", 1, 1'000'000),
          .requests = number(params, "requests", 0, 1'000'000),
          .arrival_rate = real(params, "arrival_rate", 0.0, 1e6),
          .token_scale = number(params, "token_scale", 1, 100'000),
          .page_tokens = number(params, "page_tokens", 1, 65'536),
          .kv_pages = integer(params, "kv_pages", 0, std::numeric_limits<std::int32_t>::max()),
          .hbm_utilisation = real(params, "hbm_utilisation", 0.01, 1.0),
          .max_batch_tokens = number(params, "max_batch_tokens", 1, kMany),
          .max_batch_sequences = number(params, "max_batch_sequences", 1, 1'000'000),
          .watermark = real(params, "watermark", 0.0, 0.5),
          .admission = parse_admission(params.text("admission")),
          .idle_kv = parse_idle_kv(params.text("idle_kv")),
          .preemption = parse_preemption(params.text("preemption")),
          .tool_latency_median_s = real(params, "tool_latency_median_s", 0.0, 86'400.0),
          .tool_latency_sigma = real(params, "tool_latency_sigma", 0.0, 5.0),
          .seed = static_cast<std::uint64_t>(
              integer(params, "seed", 0, std::numeric_limits<std::int64_t>::max())),
          .timeline_rows = number(params, "timeline_rows", 2, 1'000'000)};
}

SimulationConfig SimulationConfig::defaults() {
  return from(Params("simulation", kParameters, {}));
}

}  // namespace pagequest::simulator
