// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/cluster.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "simulator/cache/block_cache.h"

namespace pagequest::simulator {
namespace {

std::unique_ptr<BlockCache> prefix_cache(const SimulationConfig& config) {
  if (config.prefix_cache != "none" && config.prefix_cache != "auto")
    return make_block_cache(config.prefix_cache);
  return config.idle_kv == IdleKv::cache ? make_block_cache("lru") : nullptr;
}

void add_counters(RunMetrics& sum, const Replica& replica) {
  const ReplicaCounters& counters = replica.counters();
  sum.iterations += counters.iterations;
  sum.batch_threads += counters.batch_threads;
  sum.max_batch_threads = std::max(sum.max_batch_threads, counters.max_batch_threads);
  sum.preemptions += counters.preemptions;
  sum.reused_tokens += counters.reused_tokens;
  sum.fetched_tokens += counters.fetched_tokens;
  sum.prompt_blocks += counters.prompt_blocks;
  sum.hit_blocks += counters.hit_blocks;
  sum.tier_hit_blocks += counters.tier_hit_blocks;
  sum.prefetched_blocks += counters.prefetched_blocks;
  sum.busy_time += counters.busy_time;
  sum.peak_live_tokens += counters.peak_live_tokens;
  sum.peak_pages += replica.pages().peak_used();
}

}  // namespace

Cluster::Cluster(SessionSource& source, const ClusterSetup& setup, const SimulationConfig& config)
    : source_(source),
      setup_(setup),
      config_(config),
      tools_(config.tool_latency_median_s, config.tool_latency_sigma, config.seed),
      arrivals_(config.arrival_rate, config.seed),
      timeline_(static_cast<std::size_t>(config.timeline_rows)),
      router_(config.router) {
  const std::int32_t count = config.replicas + config.prefill_replicas;
  for (std::int32_t id = 0; id < count; ++id) {
    Server& server = servers_.emplace_back();
    server.replica = std::make_unique<Replica>(
        id, setup.cost, PageLedger(setup.pages, prefix_cache(config), setup.tiers, id), setup.tiers,
        setup.oracle, static_cast<CompletionListener&>(*this), config);
    const bool prefills_only = id < config.prefill_replicas;
    if (prefills_only || config.prefill_replicas == 0) entry_.push_back(server.replica.get());
    if (!prefills_only) decode_.push_back(server.replica.get());
  }
  if (setup.tiers != nullptr && config.prefetch != "none") {
    prefetch_ = make_prefetch_policy(config.prefetch);
  }
  if (config.prefill_replicas > 0) {
    link_.emplace(config.kv_link_bytes_per_s, config.kv_link_latency_s);
  }
}

Cluster::~Cluster() = default;

void Cluster::run() {
  const bool closed = config_.load == Load::closed;
  for (std::int32_t i = 0; i < (closed ? config_.concurrency : 1); ++i) schedule_arrival();
  while (!events_.empty()) {
    const SimEvent event = events_.pop();
    if (event.time > now_) {
      timeline_.add(event.time, state_);
      now_ = event.time;
      if (setup_.tiers != nullptr) setup_.tiers->advance(now_);
    }
    handle(event);
  }
  total_up();
}

Nanoseconds Cluster::after(Nanoseconds delay) const {
  if (delay > kLongestRun - now_) throw_too_long();
  return now_ + delay;
}

void Cluster::throw_too_long() const {
  throw usage_error({.what = "the simulated run takes more than 30 years",
                     .where = "after " + std::to_string(metrics_.requests) + " episodes",
                     .found = {},
                     .expected = {},
                     .hint = "a shorter tool latency, a higher arrival rate, a smaller "
                             "time_scale or fewer requests"});
}

void Cluster::handle(const SimEvent& event) {
  switch (event.phase) {
    case Phase::iteration_end:
      if (event.stamp == servers_[static_cast<std::size_t>(event.subject)].stamp) {
        end_batch(event.subject);
      }
      break;
    case Phase::transfer_end:
      if (event.stamp == transfer_stamps_) end_transfers();
      break;
    case Phase::prefetch_start:
      start_prefetch(event.subject);
      break;
    case Phase::tool_response:
      respond(client(event.subject));
      break;
    case Phase::arrival:
      arrive();
      break;
    case Phase::queueing:
      state_.waiting -= 1.0;
      queue(client(event.subject));
      break;
    case Phase::iteration_start:
      start_batch(event.subject);
      break;
  }
}

void Cluster::want_start(std::int64_t index) {
  Server& server = servers_[static_cast<std::size_t>(index)];
  if (server.replica->busy() || std::exchange(server.start_pending, true)) return;
  events_.push({now_, Phase::iteration_start, index, 0});
}

void Cluster::start_batch(std::int64_t index) {
  Server& server = servers_[static_cast<std::size_t>(index)];
  server.start_pending = false;
  const auto end = server.replica->start(now_);
  for (const auto& [transfer, request] : server.replica->take_fetches()) {
    fetching_[transfer] = request->owner();
  }
  expect_transfer_end();
  if (end) events_.push({after(*end - now_), Phase::iteration_end, index, ++server.stamp});
  count_state(server);
}

void Cluster::start_prefetch(std::int64_t number) {
  PrefetchJob job = std::move(prefetch_jobs_.extract(number).mapped());
  job.touch.now = now_;
  Replica& replica = *servers_[static_cast<std::size_t>(job.server)].replica;
  if (const auto transfer = replica.prefetch(job.blocks, job.touch)) {
    prefetching_[*transfer] = job.server;
  }
  expect_transfer_end();
}

/// What has just come in may change the next iteration: a run of steps must not go past it.
void Cluster::disturb(std::int64_t index) {
  Server& server = servers_[static_cast<std::size_t>(index)];
  if (!server.replica->busy()) {
    want_start(index);
  } else if (const auto end = server.replica->interrupt(now_)) {
    events_.push({*end, Phase::iteration_end, index, ++server.stamp});
  }
  count_state(server);
}

void Cluster::end_batch(std::int64_t index) {
  Server& server = servers_[static_cast<std::size_t>(index)];
  const std::int64_t before = metrics_.output_tokens + metrics_.aux_output_tokens;
  std::vector<ClientName> names = std::exchange(server.when_free, {});
  for (const Request* request : server.replica->finish(now_)) {
    names.emplace_back(request->owner(), request->index());
  }
  count_run(server);
  timeline_.add_tokens(
      server.replica->began(), now_,
      static_cast<double>(metrics_.output_tokens + metrics_.aux_output_tokens - before));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const ClientName& name : names) {
    if (is_here(name)) advance(client(name.first));
  }
  expect_transfer_end();
#ifndef NDEBUG
  server.replica->check_invariants();
#endif
  want_start(index);
  count_state(server);
}

void Cluster::count_run(Server& server) {
  const auto tokens = server.replica->take_run_tokens();
  metrics_.output_tokens += tokens.main;
  metrics_.decode_tokens += tokens.main;
  metrics_.aux_output_tokens += tokens.auxiliary;
  metrics_.aux_tokens += tokens.auxiliary;
}

void Cluster::end_transfers() {
  expected_end_ = -1;
  if (setup_.tiers != nullptr) {
    for (const TransferId transfer : setup_.tiers->complete(now_)) {
      if (const auto early = prefetching_.find(transfer); early != prefetching_.end()) {
        const std::int64_t server = early->second;
        prefetching_.erase(early);
        servers_[static_cast<std::size_t>(server)].replica->prefetched(transfer, now_);
        disturb(server);
        continue;
      }
      const auto fetch = fetching_.find(transfer);
      PQ_CHECK(fetch != fetching_.end(), "somebody waits for a fetch");
      Client& owner = client(fetch->second);
      fetching_.erase(fetch);
      servers_[static_cast<std::size_t>(owner.server)].replica->fetched(*owner.request, now_);
      disturb(owner.server);
    }
  }
  while (link_) {
    const auto end = link_->pop(now_);
    if (!end) break;
    landed(client(static_cast<std::int64_t>(end->transfer)));
  }
  expect_transfer_end();
}

void Cluster::expect_transfer_end() {
  Nanoseconds next = std::numeric_limits<Nanoseconds>::max();
  if (setup_.tiers != nullptr) next = setup_.tiers->next_completion();
  if (link_) next = std::min(next, link_->next_end());
  if (next == std::numeric_limits<Nanoseconds>::max() || next == expected_end_) return;
  expected_end_ = next;
  events_.push({std::max(next, now_), Phase::transfer_end, 0, ++transfer_stamps_});
}

void Cluster::count_state(Server& server) {
  const Replica& replica = *server.replica;
  const Replica::Growth growth = replica.mean_growth();
  const ServerState state{
      .batch_threads = static_cast<double>(replica.batch_threads()),
      .running = static_cast<double>(replica.running()),
      .waiting = static_cast<double>(replica.waiting()),
      .tool_wait = static_cast<double>(replica.idle()),
      .used_pages = static_cast<double>(replica.pages().used()) + growth.pages,
      .live_tokens = static_cast<double>(replica.resident_tokens()) + growth.tokens};
  state_ += state;
  state_ -= server.counted;
  server.counted = state;
}

void Cluster::total_up() {
  PQ_CHECK(free_clients_.size() == clients_.size(), "every request that came in was served");
  metrics_.run_time = now_;
  for (const Server& server : servers_) {
    server.replica->check_invariants();
    PQ_CHECK(server.replica->pages().private_pages() == 0, "every page came back");
    add_counters(metrics_, *server.replica);
  }
}

}  // namespace pagequest::simulator
