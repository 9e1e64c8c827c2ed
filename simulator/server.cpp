// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/server.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace pagequest::simulator {

Server::Server(const std::vector<Session>& sessions, const CostModel& cost, std::int64_t pages,
               const SimulationConfig& config)
    : sessions_(sessions),
      cost_(cost),
      config_(config),
      tools_(config.tool_latency_median_s, config.tool_latency_sigma, config.seed),
      arrivals_(config.arrival_rate, config.seed),
      scheduler_(pages, cost.window(), config),
      timeline_(static_cast<std::size_t>(config.timeline_rows)) {
  PQ_CHECK(config.requests > 0, "there is something to serve");
  clients_.resize(static_cast<std::size_t>(config.requests));
}

void Server::run() {
  const bool poisson = config_.arrival_rate > 0.0;
  for (std::int32_t i = 0; i < (poisson ? 1 : config_.concurrency); ++i) schedule_next_arrival();
  while (!events_.empty()) {
    const SimEvent event = events_.pop();
    const ServerState before = state();
    const std::int64_t sampled = metrics_.output_tokens + metrics_.aux_output_tokens;
    now_ = event.time;
    handle(event);
    // Only the end of an iteration samples tokens, and it is the first event of its instant.
    timeline_.add(
        now_, before,
        static_cast<double>(metrics_.output_tokens + metrics_.aux_output_tokens - sampled));
  }
  metrics_.run_time = now_;
  metrics_.preemptions = scheduler_.preemptions();
  check_ended();
}

Nanoseconds Server::after(Nanoseconds delay) const {
  constexpr Nanoseconds kThirtyYears = 946'080'000'000'000'000;
  if (delay <= kThirtyYears - now_) return now_ + delay;
  throw usage_error({.what = "the simulated run takes more than 30 years",
                     .where = "after " + std::to_string(metrics_.requests) + " episodes",
                     .found = {},
                     .expected = {},
                     .hint = "a shorter tool latency, a higher arrival rate or fewer requests"});
}

void Server::handle(const SimEvent& event) {
  switch (event.phase) {
    case Phase::iteration_end:
      end_iteration();
      break;
    case Phase::tool_response:
      respond(clients_[static_cast<std::size_t>(event.subject)]);
      break;
    case Phase::arrival:
      arrive(event.subject);
      break;
    case Phase::iteration_start:
      start_iteration();
      return;
  }
  if (!busy_ && !std::exchange(start_pending_, true)) {
    events_.push({now_, Phase::iteration_start, 0});
  }
}

void Server::schedule_next_arrival() {
  if (scheduled_ == config_.requests) return;
  const Nanoseconds gap = config_.arrival_rate > 0.0 ? arrivals_.gap(scheduled_) : 0;
  events_.push({after(gap), Phase::arrival, scheduled_++});
}

void Server::arrive(std::int32_t id) {
  const auto index = static_cast<std::size_t>(id);
  Client& client = clients_[index];
  client.request =
      std::make_unique<Request>(id, sessions_[index % sessions_.size()], config_.page_tokens);
  client.arrived = client.ready = now_;
  scheduler_.update(*client.request);
  react(client);
  if (config_.arrival_rate > 0.0) schedule_next_arrival();
}

void Server::respond(Client& client) {
  client.tool_pending = false;
  client.ready = now_;
  client.request->tool_responded();
  scheduler_.update(*client.request);
  react(client);
}

void Server::start_iteration() {
  start_pending_ = false;
  batch_ = scheduler_.next_batch();
  if (batch_.entries.empty()) return;
  busy_ = true;
  const Nanoseconds duration = cost_.cost(batch_.shape).nanoseconds();
  events_.push({after(duration), Phase::iteration_end, 0});
  const auto threads = static_cast<std::int64_t>(batch_.entries.size());
  ++metrics_.iterations;
  metrics_.busy_time += duration;
  metrics_.batch_threads += threads;
  metrics_.max_batch_threads = std::max(metrics_.max_batch_threads, threads);
  metrics_.peak_pages = std::max(metrics_.peak_pages, scheduler_.pool().used());
}

void Server::end_iteration() {
  for (const BatchEntry& entry : batch_.entries) finish_entry(entry);
  batch_.entries.clear();
  busy_ = false;
  metrics_.peak_live_tokens = std::max(metrics_.peak_live_tokens, scheduler_.resident_tokens());
#ifndef NDEBUG
  scheduler_.check_invariants();
#endif
}

void Server::finish_entry(const BatchEntry& entry) {
  bool operation_ended = false;
  if (!scheduler_.complete(entry, operation_ended)) return;
  count_tokens(entry, operation_ended);
  Client& client = clients_[static_cast<std::size_t>(entry.request->id())];
  if (entry.thread == Thread::main && entry.work.kind == StepKind::decode) ++client.decoded;
  if (!operation_ended) return;
  if (entry.thread == Thread::main && entry.work.kind == StepKind::prefill) end_input(client);
  react(client);
}

void Server::count_tokens(const BatchEntry& entry, bool operation_ended) {
  const std::int64_t tokens = entry.tokens;
  if (entry.work.recompute) {
    metrics_.recomputed_tokens += tokens;
    return;
  }
  const bool main = entry.thread == Thread::main;
  const bool decode = entry.work.kind == StepKind::decode;
  if (!decode) metrics_.prefill_tokens += tokens;
  if (main && decode) metrics_.decode_tokens += tokens;
  if (!main) metrics_.aux_tokens += tokens;
  if (decode) (main ? metrics_.output_tokens : metrics_.aux_output_tokens) += 1;
  if (!decode && !main && operation_ended) ++metrics_.aux_output_tokens;
}

/// The last token of a turn's input comes with the turn's first output token.
void Server::end_input(Client& client) {
  const bool more_input =
      client.request->blocked() == Request::Blocked::no && !client.request->decodes_next();
  if (client.generating || more_input) return;
  auto& samples = client.turns == 0 ? metrics_.episode_ttft : metrics_.turn_ttft;
  samples.push_back(to_seconds(now_ - client.ready));
  ++metrics_.output_tokens;
  ++client.turns;
  client.generating = true;
  client.first_token = now_;
  client.decoded = 0;
}

void Server::end_turn(Client& client) {
  if (!std::exchange(client.generating, false)) return;
  ++metrics_.turns;
  if (client.decoded > 0) {
    metrics_.tpot.push_back(to_seconds(now_ - client.first_token) / client.decoded);
  }
}

/// Acts on where a request's program has got to.
void Server::react(Client& client) {
  const auto blocked = client.request->blocked();
  if (blocked == Request::Blocked::join && !std::exchange(client.joining, true)) {
    client.join_since = now_;
  }
  if (blocked != Request::Blocked::join && std::exchange(client.joining, false)) {
    metrics_.join_wait += now_ - client.join_since;
  }
  if (blocked == Request::Blocked::tool && !std::exchange(client.tool_pending, true)) {
    end_turn(client);
    const std::int32_t id = client.request->id();
    const Nanoseconds latency = tools_.draw(id, client.request->tool_calls());
    events_.push({after(latency), Phase::tool_response, id});
    ++metrics_.tool_calls;
  }
  if (blocked == Request::Blocked::ended) {
    end_turn(client);
    metrics_.episode_latency.push_back(to_seconds(now_ - client.arrived));
    ++metrics_.requests;
    if (config_.arrival_rate == 0.0) schedule_next_arrival();
  }
}

ServerState Server::state() const {
  return {.batch_threads = static_cast<double>(batch_.entries.size()),
          .running = static_cast<double>(scheduler_.running()),
          .waiting = static_cast<double>(scheduler_.waiting()),
          .tool_wait = static_cast<double>(scheduler_.idle()),
          .used_pages = static_cast<double>(scheduler_.pool().used()),
          .live_tokens = static_cast<double>(scheduler_.resident_tokens())};
}

void Server::check_ended() const {
  scheduler_.check_invariants();
  PQ_CHECK(metrics_.requests == config_.requests, "every request that came in was served");
  PQ_CHECK(scheduler_.pool().used() == 0, "every page came back");
}

}  // namespace pagequest::simulator
