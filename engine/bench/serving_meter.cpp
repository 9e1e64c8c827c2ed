// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/serving_meter.h"

#include <utility>
#include <variant>

namespace pagequest::bench {

void ServingMeter::on(const Event& event) {
  std::visit(
      Overloaded{[&](const EpisodeBegan& e) { begin(e); }, [&](const TokensFilled& e) { fill(e); },
                 [&](const TurnBegan& e) { begin_turn(e); },
                 [&](const TokensEvicted& e) { clients_.at(e.episode).live -= e.tokens; },
                 [&](const AuxForked& e) {
                   Client& client = clients_.at(e.episode);
                   client.aux_live = client.live;
                 },
                 [&](const ToolResponded& e) { end_turn(clients_.at(e.episode)); },
                 [&](const EpisodeEnded& e) {
                   Client& client = clients_.at(e.episode);
                   end_turn(client);
                   samples_.episode_latency_s.push_back(now_s(clock_) - client.began);
                   ++samples_.episodes;
                   clients_.erase(e.episode);
                 },
                 [](const auto&) {}},
      event);
}

void ServingMeter::begin(const EpisodeBegan& event) {
  const double now = now_s(clock_);
  if (iteration_began_ < 0) iteration_began_ = now;
  clients_[event.episode] = {.began = now, .ready = now};
}

void ServingMeter::fill(const TokensFilled& event) {
  Client& client = clients_.at(event.episode);
  const bool main = event.thread == Thread::main;
  const auto tokens = static_cast<std::int64_t>(event.tokens.size());
  std::int64_t& live = main ? client.live : client.aux_live;
  if (event.kind == StepKind::decode) {
    ++current_.decodes;
    current_.decode_reads += live + 1;
  } else {
    ++current_.chunks;
    current_.prefill_tokens += tokens;
    current_.prefill_pairs += tokens * live + tokens * (tokens + 1) / 2;
  }
  live += tokens;
  // Before its turn begins a thread reads input, also where a chunk is one token long.
  if (main && client.generating) {
    ++client.decoded;
    ++samples_.output_tokens;
  }
  last_filled_ = now_s(clock_);
}

/// Comes when the turn's first token was sampled.
void ServingMeter::begin_turn(const TurnBegan& event) {
  Client& client = clients_.at(event.episode);
  client.first_token = now_s(clock_);
  client.decoded = 0;
  client.generating = true;
  auto& ttft = event.turn == 0 ? samples_.episode_ttft_s : samples_.turn_ttft_s;
  ttft.push_back(client.first_token - client.ready);
  ++samples_.output_tokens;
}

void ServingMeter::end_turn(Client& client) {
  client.ready = now_s(clock_);
  if (!std::exchange(client.generating, false)) return;
  ++samples_.turns;
  if (client.decoded > 0) {
    samples_.tpot_s.push_back((client.ready - client.first_token) /
                              static_cast<double>(client.decoded));
  }
}

void ServingMeter::end_iteration() {
  const double now = now_s(clock_);
  current_.iteration = static_cast<std::int64_t>(iterations_.size());
  current_.seconds = now - iteration_began_;
  // Without an event since the iteration began, nothing is known of the agents.
  current_.agent_seconds = last_filled_ > iteration_began_ ? now - last_filled_ : 0.0;
  iterations_.push_back(std::exchange(current_, {}));
  iteration_began_ = now;
}

}  // namespace pagequest::bench
