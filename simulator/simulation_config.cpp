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
    {"arrivals", std::string("auto"),
     "closed, poisson, recorded; auto: poisson with an arrival_rate, recorded where the workload "
     "has arrival times, else closed"},
    {"concurrency", std::int64_t{64}, "episodes in flight, of a closed loop"},
    {"dead_slots", false,
     "evicted tokens stay in their pages, masked: a page whose tokens are all dead is not read but "
     "not free, and the sequence can still be shared (IntentKV)"},
    {"engine", std::string("machine"),
     "whose scheduling and sampling overheads: sglang, trtllm, vllm, or those of the machine's "
     "file"},
    {"hbm_utilisation", 0.9, "share of the GPU's memory that the server uses"},
    {"idle_kv", std::string("keep"),
     "keys and values of an episode that waits for a tool: keep, drop (recomputed later) or cache "
     "(their pages stay until they are wanted)"},
    {"kv_link_gb_per_s", 50.0,
     "of the link over which prefill replicas send keys and values, GB/s, shared (one 400 Gb/s "
     "network card)"},
    {"kv_link_latency_us", 10.0, "of each such transfer, us"},
    {"kv_pages", std::int64_t{0}, "pages of the KV pool; 0: as many as the memory holds"},
    {"max_batch_sequences", std::int64_t{256},
     "threads beyond which nobody is admitted; sessions with pages go on after a tool"},
    {"max_batch_tokens", std::int64_t{8192}, "tokens that one iteration computes at most"},
    {"max_queue", std::int64_t{0},
     "sessions that may wait at one replica; more are refused; 0: any number"},
    {"order", std::string("fcfs"),
     "who is admitted first: fcfs, priority, session (those served before) or shortest"},
    {"page_tokens", std::int64_t{16}, "tokens of a KV page"},
    {"prefetch", std::string("none"),
     "what comes up from the tiers before a session goes on: oracle, recency or none (`pagequest "
     "list prefetch`)"},
    {"prefill_chunk", std::int64_t{0},
     "tokens that one thread prefills in an iteration at most; 0: all that the batch has left"},
    {"prefill_replicas", std::int64_t{0},
     "replicas that only prefill and send keys and values to the others; 0: all do both"},
    {"prefix_cache", std::string("auto"),
     "eviction policy of the prefix cache, such as lru (`pagequest list caches`); none: no cache; "
     "auto: lru where prompts have identities"},
    {"pipeline_parallel", std::int64_t{1}, "stages of consecutive layers, a GPU group each"},
    {"preemption", std::string("latest"),
     "whose keys and values go when the pool is exhausted: latest (arrival) or idle_first"},
    {"replicas", std::int64_t{1}, "servers of the same kind behind a router"},
    {"request_overhead_ms", 0.0,
     "time that each turn spends before it waits at a replica: HTTP, tokenisation, ms"},
    {"requests", std::int64_t{0},
     "episodes to serve, reused in turn; 0: each recorded one once, but at least 4 x concurrency"},
    {"router", std::string("round_robin"),
     "which replica gets a request: least_loaded, prefix or round_robin"},
    {"scheduler", std::string("vllm"), "how batches are formed: pagequest, sglang or vllm"},
    {"seed", std::int64_t{1}, "of tool latencies and arrivals"},
    {"sliding_kv", std::string("all"),
     "what layers with a sliding window keep: all tokens, or the window of each sequence"},
    {"step_by_step", false, "compute every step by itself: the same result, slowly"},
    {"tensor_parallel", std::int64_t{1}, "GPUs that share each layer of a replica"},
    {"tiers", std::string(),
     "memories below the HBM, such as dram or dram:capacity=1TB;ssd (`pagequest list tiers`)"},
    {"timeline_rows", std::int64_t{400}, "rows of the timeline at most"},
    {"time_scale", 1.0, "recorded arrival times are multiplied by it: 0.5 doubles the load"},
    {"token_scale", std::int64_t{16}, "served tokens that stand for one recorded token"},
    {"tool_latency_median_s", 0.5, "median time of a tool call, s (assumed, not measured)"},
    {"tool_latency_sigma", 0.6, "spread of its log-normal distribution; 0: constant"},
    {"warmup_requests", std::int64_t{0}, "first requests whose latencies are not counted"},
    {"watermark", 0.01, "share of the KV pool that stays free when an episode is admitted"},
    {"write_through", false,
     "blocks go to the first tier when they are computed, not when evicted"},
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

template <class Value>
struct Word {
  std::string_view name;
  Value value;
};

constexpr Word<AdmittedBy> kAdmissions[] = {{"chunk", AdmittedBy::chunk},
                                            {"input", AdmittedBy::input}};
constexpr Word<IdleKv> kIdleKvs[] = {
    {"cache", IdleKv::cache}, {"drop", IdleKv::drop}, {"keep", IdleKv::keep}};
constexpr Word<PreemptionOrder> kPreemptions[] = {{"idle_first", PreemptionOrder::idle_first},
                                                  {"latest", PreemptionOrder::latest}};
constexpr Word<BatchRule> kSchedulers[] = {
    {"pagequest", BatchRule::pagequest}, {"sglang", BatchRule::sglang}, {"vllm", BatchRule::vllm}};
constexpr Word<WaitOrder> kOrders[] = {{"fcfs", WaitOrder::fcfs},
                                       {"priority", WaitOrder::priority},
                                       {"session", WaitOrder::session},
                                       {"shortest", WaitOrder::shortest}};
constexpr Word<RouterRule> kRouters[] = {{"least_loaded", RouterRule::least_loaded},
                                         {"prefix", RouterRule::prefix},
                                         {"round_robin", RouterRule::round_robin}};
constexpr Word<SlidingKv> kSlidingKvs[] = {{"all", SlidingKv::all}, {"window", SlidingKv::window}};
constexpr Word<Load> kLoads[] = {{"auto", Load::automatic},
                                 {"closed", Load::closed},
                                 {"poisson", Load::poisson},
                                 {"recorded", Load::recorded}};

template <class Words>
auto word(const Params& params, const std::string& name, const Words& words) {
  return entry_named("value of " + name, params.text(name), words).value;
}

}  // namespace

std::span<const ParamSpec> SimulationConfig::parameters() { return kParameters; }

SimulationConfig SimulationConfig::from(const Params& params) {
  constexpr std::int32_t kMany = 10'000'000;
  const SimulationConfig out{
      .concurrency = number(params, "concurrency", 1, 1'000'000),
      .requests = number(params, "requests", 0, 100'000'000),
      .arrival_rate = real(params, "arrival_rate", 0.0, 1e6),
      .token_scale = number(params, "token_scale", 1, 100'000),
      .time_scale = real(params, "time_scale", 1e-9, 1e9),
      .page_tokens = number(params, "page_tokens", 1, 65'536),
      .kv_pages = integer(params, "kv_pages", 0, std::numeric_limits<std::int32_t>::max()),
      .hbm_utilisation = real(params, "hbm_utilisation", 0.01, 1.0),
      .max_batch_tokens = number(params, "max_batch_tokens", 1, kMany),
      .max_batch_sequences = number(params, "max_batch_sequences", 1, 1'000'000),
      .prefill_chunk = number(params, "prefill_chunk", 0, kMany),
      .watermark = real(params, "watermark", 0.0, 0.5),
      .admission = word(params, "admission", kAdmissions),
      .idle_kv = word(params, "idle_kv", kIdleKvs),
      .preemption = word(params, "preemption", kPreemptions),
      .tool_latency_median_s = real(params, "tool_latency_median_s", 0.0, 86'400.0),
      .tool_latency_sigma = real(params, "tool_latency_sigma", 0.0, 5.0),
      .scheduler = word(params, "scheduler", kSchedulers),
      .order = word(params, "order", kOrders),
      .router = word(params, "router", kRouters),
      .load = word(params, "arrivals", kLoads),
      .replicas = number(params, "replicas", 1, 65'536),
      .tensor_parallel = number(params, "tensor_parallel", 1, 1024),
      .pipeline_parallel = number(params, "pipeline_parallel", 1, 1024),
      .engine = params.text("engine"),
      .sliding_kv = word(params, "sliding_kv", kSlidingKvs),
      .prefill_replicas = number(params, "prefill_replicas", 0, 65'536),
      .kv_link_bytes_per_s = 1e9 * real(params, "kv_link_gb_per_s", 1e-6, 1e6),
      .kv_link_latency_s = 1e-6 * real(params, "kv_link_latency_us", 0.0, 1e9),
      .prefix_cache = params.text("prefix_cache"),
      .tiers = params.text("tiers"),
      .prefetch = params.text("prefetch"),
      .write_through = params.flag("write_through"),
      .max_queue = number(params, "max_queue", 0, kMany),
      .request_overhead_s = 1e-3 * real(params, "request_overhead_ms", 0.0, 1e6),
      .warmup_requests = number(params, "warmup_requests", 0, kMany),
      .dead_slots = params.flag("dead_slots"),
      .step_by_step = params.flag("step_by_step"),
      .seed = static_cast<std::uint64_t>(
          integer(params, "seed", 0, std::numeric_limits<std::int64_t>::max())),
      .timeline_rows = number(params, "timeline_rows", 2, 1'000'000)};
  if (out.max_batch_tokens < out.max_batch_sequences) {
    out_of_range("max_batch_tokens", std::to_string(out.max_batch_tokens),
                 "at least max_batch_sequences, " + std::to_string(out.max_batch_sequences) +
                     ": each decoding thread takes one");
  }
  if (out.scheduler == BatchRule::pagequest && (out.idle_kv != IdleKv::keep || !out.tiers.empty() ||
                                                out.prefill_replicas > 0 || out.dead_slots)) {
    out_of_range(
        "scheduler", "pagequest, with idle_kv, tiers, prefill_replicas or dead_slots",
        "none of them: PageQuest's engine keeps idle pages in the HBM until it needs them");
  }
  return out;
}

SimulationConfig SimulationConfig::defaults() {
  return from(Params("simulation", kParameters, {}));
}

}  // namespace pagequest::simulator
