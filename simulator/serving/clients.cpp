// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What the sessions of a cluster do.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "simulator/serving/cluster.h"
#include "simulator/workload/footprint.h"

namespace pagequest::simulator {

void Cluster::schedule_arrival() {
  auto session = source_.next();
  if (!session) return;
  Nanoseconds time = now_;
  if (config_.load == Load::poisson) time = after(arrivals_.gap(scheduled_));
  if (config_.load == Load::recorded) {
    const double arrival = config_.time_scale * static_cast<double>(session->arrival);
    if (arrival > static_cast<double>(kLongestRun)) throw_too_long();
    time = std::max(now_, static_cast<Nanoseconds>(std::llround(arrival)));
  }
  events_.push({time, Phase::arrival, 0, scheduled_++});
  arriving_.push_back(std::move(session));
}

void Cluster::arrive() {
  auto session = std::move(arriving_.front());
  arriving_.pop_front();
  check_fits(*session);
  add_client(std::move(session), {-1, -1});
  if (config_.load != Load::closed) schedule_arrival();
}

void Cluster::add_client(std::shared_ptr<const Session> session, const ClientName& parent) {
  if (free_clients_.empty()) {
    free_clients_.push_back(static_cast<std::int64_t>(clients_.size()));
    clients_.emplace_back();
  }
  const std::int64_t slot = free_clients_.back();
  free_clients_.pop_back();
  auto added = std::make_unique<Client>();
  added->slot = slot;
  added->parent = parent;
  added->request = std::make_unique<Request>(added_, std::move(session), config_.page_tokens,
                                             config_.dead_slots);
  added->request->set_owner(slot);
  added->arrived = now_;
  added->counted = added_++ >= config_.warmup_requests;
  clients_[static_cast<std::size_t>(slot)] = std::move(added);
  go_on(client(slot));
}

/// The main thread's wait is over, or the session begins.
void Cluster::go_on(Client& own) {
  own.waits = false;
  own.ready = now_;
  start_agents(own);
  if (own.request->blocked() != Request::Blocked::no) {
    advance_when_free(own);
  } else if (config_.request_overhead_s > 0.0) {
    const auto overhead = static_cast<Nanoseconds>(std::llround(config_.request_overhead_s * 1e9));
    events_.push({after(overhead), Phase::queueing, own.slot, 0});
    state_.waiting += 1.0;
  } else {
    queue(own);
  }
}

/// The turn's input is known to a replica from here on.
void Cluster::queue(Client& own) {
  if (own.server >= 0) {
    replica_of(own).resume(*own.request, turns_ready_++);
    disturb(own.server);
    return;
  }
  Replica* replica = entry_[router_.choose(entry_, own.request->prompt_blocks())];
  if (!replica->submit(*own.request, turns_ready_++, false)) {
    ++metrics_.refused;
    own.counted = false;
    own.refused = true;
    end_session(own);
    return;
  }
  own.server = replica->id();
  disturb(own.server);
}

void Cluster::start_agents(Client& own) {
  for (const std::int32_t agent : own.request->take_started_agents()) {
    // They live as long as their parent's session.
    const auto parent = own.request->shared_session();
    add_client({parent, &parent->agents[static_cast<std::size_t>(agent)]},
               {own.slot, own.request->index()});
  }
}

/// A replica's requests do not change under its batch.
void Cluster::advance_when_free(Client& own) {
  if (own.server >= 0 && replica_of(own).busy()) {
    servers_[static_cast<std::size_t>(own.server)].when_free.emplace_back(own.slot,
                                                                          own.request->index());
    disturb(own.server);
    return;
  }
  const std::int64_t server = own.server;
  advance(own);
  if (server >= 0) disturb(server);
}

/// Acts on where a request's program has got to.
void Cluster::advance(Client& own) {
  start_agents(own);
  if (own.server >= 0) replica_of(own).update(*own.request, now_);
  note_join(own);
  switch (own.request->blocked()) {
    case Request::Blocked::no:
      if (own.server >= 0 && own.server < config_.prefill_replicas && own.request->decodes_next()) {
        hand_over(own);
      }
      break;
    case Request::Blocked::join:
      break;
    case Request::Blocked::tool:
    case Request::Blocked::agents:
      if (!std::exchange(own.waits, true)) begin_wait(own);
      break;
    case Request::Blocked::ended:
      end_session(own);
      break;
  }
}

void Cluster::note_join(Client& own) {
  const bool joins = own.request->blocked() == Request::Blocked::join;
  if (joins == own.joining) return;
  if (joins) own.join_since = now_;
  if (!joins) metrics_.join_wait += now_ - own.join_since;
  own.joining = joins;
}

void Cluster::begin_wait(Client& own) {
  end_turn(own);
  const std::int64_t server = own.server;
  if (own.request->continues_elsewhere()) {
    own.request->abandon_aux();
    leave_replica(own);
  }
  if (own.request->blocked() == Request::Blocked::agents) return;
  Nanoseconds latency = own.request->tool_duration();
  if (latency < 0) latency = tools_.draw(own.request->index(), own.request->tool_calls());
  events_.push({after(latency), Phase::tool_response, own.slot, 0});
  if (prefetch_ && server >= 0) plan_prefetch(own, server, now_ + latency);
}

/// What the session will want comes up where it was last: routers send it there if they can.
void Cluster::plan_prefetch(const Client& own, std::int64_t server, Nanoseconds next_prompt) {
  const TierSpec& tier = setup_.tiers->spec(0);
  const double block_s = setup_.page_bytes * tier.size_factor / tier.read_bytes_per_s;
  const PrefetchPlan plan = prefetch_->plan(
      {.blocks = own.request->prompt_blocks(),
       .next_prompt = own.request->next_prompt_blocks(),
       .transfer_latency = static_cast<Nanoseconds>(std::llround(1e9 * tier.latency_s)),
       .block_transfer = static_cast<Nanoseconds>(std::llround(1e9 * block_s))});
  if (plan.blocks.empty()) return;
  const std::int64_t number = prefetch_number_++;
  prefetch_jobs_[number] = {.server = server,
                            .blocks = plan.blocks,
                            .touch = {.session = own.request->index(), .session_continues = true}};
  events_.push({std::max(now_, next_prompt + plan.start), Phase::prefetch_start, number, 0});
}

void Cluster::respond(Client& own) {
  own.request->tool_responded();
  go_on(own);
}

void Cluster::leave_replica(Client& own) {
  if (own.server < 0) return;
  replica_of(own).remove(*own.request, now_);
  own.server = -1;
}

/// A prefill replica sends a turn's keys and values to a decode replica.
void Cluster::hand_over(Client& own) {
  const double bytes = setup_.page_bytes * own.request->kv().pages();
  leave_replica(own);
  metrics_.transferred_bytes += bytes;
  state_.waiting += 1.0;
  link_->start(now_, static_cast<std::uint64_t>(own.slot), bytes);
}

void Cluster::landed(Client& own) {
  state_.waiting -= 1.0;
  Replica* replica = decode_[decode_router_.choose(decode_, {})];
  PQ_CHECK(replica->submit(*own.request, turns_ready_++, true), "what was computed is taken");
  own.server = replica->id();
  disturb(own.server);
}

void Cluster::end_session(Client& own) {
  end_turn(own);
  if (own.counted) metrics_.episode_latency.add(to_seconds(now_ - own.arrived));
  leave_replica(own);
  metrics_.tool_calls += own.request->tool_calls();
  const ClientName parent = own.parent;
  const bool refused = own.refused;
  free_clients_.push_back(own.slot);
  clients_[static_cast<std::size_t>(own.slot)].reset();
  if (parent.first >= 0) {
    ++metrics_.agents;
    if (is_here(parent) && client(parent.first).request->agent_ended()) {
      go_on(client(parent.first));
    }
    return;
  }
  metrics_.requests += refused ? 0 : 1;
  if (config_.load == Load::closed) schedule_arrival();
}

void Cluster::check_fits(const Session& session) const {
  const std::int32_t peak = footprint(session, config_.page_tokens, config_.dead_slots).peak_pages;
  for (const Session& agent : session.agents) check_fits(agent);
  if (peak <= setup_.pages) return;
  throw usage_error({.what = "an episode alone needs more pages than the KV pool has",
                     .where = "episode " + std::to_string(session.episode.value),
                     .found = std::to_string(peak) + " pages needed",
                     .expected = "at most " + std::to_string(setup_.pages),
                     .hint = "a smaller token_scale, a larger GPU or more kv_pages"});
}

}  // namespace pagequest::simulator
