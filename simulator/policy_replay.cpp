// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/policy_replay.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "simulator/recorded_lag.h"

namespace pagequest::simulator {
namespace {

Victim decision_of(const TokensRequantised& event) {
  return {.step = event.step,
          .turn = event.turn,
          .span = event.span,
          .tokens = event.tokens,
          .layer = event.layer,
          .kv_head = event.kv_head,
          .key_bits = event.key_bits,
          .value_bits = event.value_bits};
}

}  // namespace

std::string_view to_string(Validity validity) {
  switch (validity) {
    case Validity::same_policy:
      return "same policy, as recorded";
    case Validity::first_order:
      return "first-order";
    case Validity::off_policy:
      return "off-policy";
  }
  return "";
}

PolicyReplay::PolicyReplay(const kv::PolicySpec& policy, std::int32_t page_size,
                           std::int32_t lag_steps, const kv::KvShape& shape)
    : page_size_(page_size),
      shape_(shape),
      controller_(policy, page_size, lag_steps, shape),
      live_(page_size, kv::scope_count(controller_.sharing(), shape)),
      recorded_live_(page_size) {}

void PolicyReplay::on(const Event& event) {
  // The controller sees nothing of auxiliary threads; passing them over also keeps a step's
  // decision behind the attention of its own step, whichever way two threads interleave.
  if (is_auxiliary(event)) return;
  const bool within_step = std::holds_alternative<PagesAttended>(event) ||
                           std::holds_alternative<KeysBounded>(event) ||
                           std::holds_alternative<KeysRead>(event);
  if (step_open_ && !within_step) {
    step_open_ = false;
    decide(kv::DecisionPoint::step_end);
    out_.live_tokens.push_back(live_.any().total());
  }
  observe(event);
}

void PolicyReplay::observe(const Event& event) {
  std::visit(
      Overloaded{[&](const HeadTokensEvicted& e) {
                   out_.recorded.push_back({e.step, e.turn, e.span, e.tokens, e.layer, e.kv_head});
                 },
                 [&](const TokensEvicted& e) {
                   out_.recorded.push_back({e.step, e.turn, e.span, e.tokens});
                   recorded_live_.evict(e.span);
                   // The decision of a step belongs to its live tokens.
                   if (!out_.recorded_live_tokens.empty()) {
                     out_.recorded_live_tokens.back() = recorded_live_.total();
                   }
                 },
                 [&](const TokensRequantised& e) { out_.recorded.push_back(decision_of(e)); },
                 [](const PageFreed&) {}, [&](const PagesAttended& e) { attend(e); },
                 [&](const KeysBounded& e) {
                   if (is_live_page(e.page)) controller_.observe(event);
                 },
                 [&](const TokensFilled& e) {
                   const TokenSpan span{e.first, static_cast<std::int32_t>(e.tokens.size())};
                   controller_.observe(event);
                   live_.fill(span);
                   recorded_live_.fill(span);
                   out_.recorded_live_tokens.push_back(recorded_live_.total());
                   step_ = e.step;
                   step_open_ = true;
                 },
                 [&](const TurnBegan& e) {
                   turn_ = e.turn;
                   decide(kv::DecisionPoint::turn_boundary);
                   if (!out_.live_tokens.empty()) out_.live_tokens.back() = live_.any().total();
                   controller_.observe(event);
                 },
                 [&](const EpisodeBegan& e) {
                   out_.episode = e.episode;
                   controller_.observe(event);
                 },
                 [&](const auto&) { controller_.observe(event); }},
      event);
}

void PolicyReplay::decide(kv::DecisionPoint point) {
  for (const kv::Victim& victim : controller_.victims(point)) drop(victim);
  requantise();
}

void PolicyReplay::requantise() {
  for (const TokensRequantised& event : controller_.take_requantised(out_.episode, step_, turn_)) {
    out_.replayed.push_back(decision_of(event));
    controller_.observe(event);
  }
}

void PolicyReplay::drop(const kv::Victim& victim) {
  if (victim.scope == kv::Scope{}) return report(live_.evict_all(victim.span));
  const auto [layer, kv_head] = victim.scope;
  const std::int32_t scope = kv::scope_number(controller_.sharing(), shape_, victim.scope);
  const kv::TakenTokens taken = live_.evict(scope, victim.span);
  out_.replayed.push_back({step_, turn_, victim.span, taken.tokens, layer, kv_head});
  controller_.observe(
      HeadTokensEvicted{out_.episode, step_, turn_, layer, kv_head, victim.span, taken.tokens});
  for (const kv::GoneTokens& gone : taken.gone) report(gone);
}

void PolicyReplay::report(const kv::GoneTokens& gone) {
  out_.replayed.push_back({step_, turn_, gone.span, gone.tokens});
  controller_.observe(TokensEvicted{out_.episode, step_, turn_, gone.span, gone.tokens});
  for (const std::int32_t page : gone.free_pages) {
    controller_.observe(PageFreed{out_.episode, Thread::main, step_, page});
  }
}

bool PolicyReplay::is_live_page(std::int32_t page) const {
  return page >= 0 && page < live_.any().pages() && live_.any().in_page(page) > 0;
}

bool PolicyReplay::holds(std::size_t plane, std::int32_t page) const {
  if (page < 0 || page >= live_.any().pages()) return false;
  // Scopes are equal numbers of planes, in the planes' order.
  const std::int32_t planes = shape_.layers * shape_.kv_heads;
  const std::int32_t scope = static_cast<std::int32_t>(plane) * live_.scopes() / planes;
  return live_.of(scope).in_page(page) > 0;
}

bool PolicyReplay::attends_to_lost(const PagesAttended& event) const {
  const auto lost = [this](std::int32_t page) { return !is_live_page(page); };
  if (std::any_of(event.pages.begin(), event.pages.end(), lost)) return true;
  if (controller_.sharing() == kv::Sharing::all) return false;
  const std::size_t width = event.pages.size();
  for (std::size_t at = 0; at < event.mean.size(); ++at) {
    if (event.mean[at] > 0.0F && !holds(at / width, event.pages[at % width])) return true;
  }
  return false;
}

void PolicyReplay::attend(const PagesAttended& event) {
  attended_ = true;
  if (!attends_to_lost(event)) return controller_.observe(event);
  controller_.observe(kept_.restrict(
      event, [this](std::size_t plane, std::int32_t page) { return holds(plane, page); }));
}

EpisodeReplay PolicyReplay::take() {
  if (controller_.needs_attention() && !attended_) {
    throw input_error({.what = "the trace has no attention, which the policy reads",
                       .where = "episode " + std::to_string(out_.episode.value),
                       .found = {},
                       .expected = {},
                       .hint = "record with capture on"});
  }
  return std::exchange(out_, {});
}

kv::PolicySpec recorded_policy(const traces::Header& header) {
  (void)kv::find_policy(header.policy);
  return {
      .name = header.policy, .params = header.policy_params, .budget_tokens = header.budget_tokens};
}

namespace {

/// With the defaults of parameters that came after the recording.
std::map<std::string, std::string> recorded_params(const traces::Header& header) {
  if (kv::is_policy(header.policy)) return kv::resolved_params(recorded_policy(header));
  return header.policy_params;
}

}  // namespace

Validity validity(const traces::Header& header, const kv::PolicySpec& policy) {
  const bool same = header.policy == policy.name && header.budget_tokens == policy.budget_tokens &&
                    recorded_params(header) == kv::resolved_params(policy);
  if (same) return Validity::same_policy;
  return header.policy == "full" ? Validity::first_order : Validity::off_policy;
}

namespace {

/// What a read selection would have chosen goes by queries, which no trace holds.
void check_reads(const kv::PolicySpec& policy, Validity validity) {
  if (validity == Validity::same_policy || !kv::needs_of(policy).reads) return;
  throw usage_error({.what = "a policy that selects what is read can't be replayed",
                     .where = "policy `" + policy.name + "`",
                     .found = "a trace that was recorded otherwise",
                     .expected = "one of the same policy, parameters and budget",
                     .hint = "it ranks pages by queries, which traces don't hold: record with "
                             "`--policy " +
                             policy.name + "` and compare the traces"});
}

}  // namespace

void check_replayable(const traces::Header& header, const kv::PolicySpec& policy) {
  if (header.page_size < 1) {
    throw input_error({.what = "the trace has no page size",
                       .where = "header",
                       .found = std::to_string(header.page_size),
                       .expected = "at least 1",
                       .hint = "run `pagequest check` on the trace"});
  }
  check_reads(policy, validity(header, policy));
}

TraceReplay replay_policy(const traces::Reader& trace, const kv::PolicySpec& policy) {
  check_replayable(trace.header(), policy);
  TraceReplay out{validity(trace.header(), policy), policy, {}, recorded_lag_steps(trace.header())};
  for (std::size_t i = 0; i < trace.episodes().size(); ++i) {
    const kv::KvShape shape{.layers = trace.header().layers, .kv_heads = trace.header().kv_heads};
    PolicyReplay replay(policy, trace.header().page_size, out.lag_steps, shape);
    trace.replay(i, replay, replay.wants_attention());
    out.episodes.push_back(replay.take());
  }
  return out;
}

ResultTable policy_replay_table(const TraceReplay& replay) {
  std::string description = "Policy " + replay.policy.name;
  if (replay.policy.budget_tokens > 0) {
    description += " with a budget of " + std::to_string(replay.policy.budget_tokens) + " tokens";
  }
  description += " decides again on the recorded events";
  if (replay.lag_steps > 0) {
    description += ", " + std::to_string(replay.lag_steps) + " steps ahead of what it drops";
  }
  description += ". Validity: ";
  description += to_string(replay.validity);
  description += ". Accuracy never comes from a replay.";
  ResultTable table("policy_replay", description,
                    {{"episode", ""},
                     {"steps", "steps"},
                     {"victims", "evictions"},
                     {"evicted_tokens", "tokens"},
                     {"peak_live_tokens", "tokens"},
                     {"mean_live_tokens", "tokens"},
                     {"recorded_peak_live_tokens", "tokens"},
                     {"same_victims", "1: as recorded"}});
  for (const EpisodeReplay& episode : replay.episodes) {
    std::int64_t victims = 0;
    std::int64_t evicted = 0;
    for (const Victim& victim : episode.replayed) {
      if (victim.key_bits > 0) continue;
      ++victims;
      if (victim.layer < 0) evicted += victim.tokens;
    }
    std::int64_t sum = 0;
    for (const std::int32_t live : episode.live_tokens) sum += live;
    const auto peak = [](const std::vector<std::int32_t>& live) {
      return std::int64_t{live.empty() ? 0 : *std::max_element(live.begin(), live.end())};
    };
    const auto steps = static_cast<std::int64_t>(episode.live_tokens.size());
    table.add({std::int64_t{episode.episode.value}, steps, victims, evicted,
               peak(episode.live_tokens),
               steps == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(steps),
               peak(episode.recorded_live_tokens), std::int64_t{episode.identical() ? 1 : 0}});
  }
  return table;
}

}  // namespace pagequest::simulator
