// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/policy_replay.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "simulator/recorded_lag.h"

namespace pagequest::simulator {
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
                           std::int32_t lag_steps)
    : page_size_(page_size),
      controller_(policy, page_size, lag_steps),
      live_(page_size),
      recorded_live_(page_size) {}

void PolicyReplay::on(const Event& event) {
  // The controller sees nothing of auxiliary threads; passing them over also keeps a step's
  // decision behind the attention of its own step, whichever way two threads interleave.
  if (is_auxiliary(event)) return;
  const bool within_step =
      std::holds_alternative<PagesAttended>(event) || std::holds_alternative<KeysBounded>(event);
  if (step_open_ && !within_step) {
    step_open_ = false;
    decide(kv::DecisionPoint::step_end);
    out_.live_tokens.push_back(live_.total());
  }
  observe(event);
}

void PolicyReplay::observe(const Event& event) {
  std::visit(Overloaded{[&](const TokensEvicted& e) {
                          out_.recorded.push_back({e.step, e.turn, e.span, e.tokens});
                          recorded_live_.evict(e.span);
                          // The decision of a step belongs to its live tokens.
                          if (!out_.recorded_live_tokens.empty()) {
                            out_.recorded_live_tokens.back() = recorded_live_.total();
                          }
                        },
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
                          if (!out_.live_tokens.empty()) out_.live_tokens.back() = live_.total();
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
  for (const TokenSpan& span : controller_.victims(point)) drop(span);
}

void PolicyReplay::drop(TokenSpan span) {
  std::vector<std::int32_t> freed;
  for (std::int32_t page = span.first / page_size_; page * page_size_ < span.end(); ++page) {
    if (live_.in_page(page) > 0) freed.push_back(page);
  }
  const std::int32_t tokens = live_.evict(span);
  out_.replayed.push_back({step_, turn_, span, tokens});
  controller_.observe(TokensEvicted{out_.episode, step_, turn_, span, tokens});
  for (const std::int32_t page : freed) {
    if (live_.in_page(page) > 0) continue;
    controller_.observe(PageFreed{out_.episode, Thread::main, step_, page});
  }
}

bool PolicyReplay::is_live_page(std::int32_t page) const {
  return page >= 0 && page < live_.pages() && live_.in_page(page) > 0;
}

void PolicyReplay::attend(const PagesAttended& event) {
  attended_ = true;
  const auto is_live = [this](std::int32_t page) { return is_live_page(page); };
  if (std::all_of(event.pages.begin(), event.pages.end(), is_live)) {
    return controller_.observe(event);
  }
  controller_.observe(kept_.restrict(event, is_live));
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

Validity validity(const traces::Header& header, const kv::PolicySpec& policy) {
  const bool same = header.policy == policy.name && header.budget_tokens == policy.budget_tokens &&
                    header.policy_params == kv::resolved_params(policy);
  if (same) return Validity::same_policy;
  return header.policy == "full" ? Validity::first_order : Validity::off_policy;
}

TraceReplay replay_policy(const traces::Reader& trace, const kv::PolicySpec& policy) {
  if (trace.header().page_size < 1) {
    throw input_error({.what = "the trace has no page size",
                       .where = "header",
                       .found = std::to_string(trace.header().page_size),
                       .expected = "at least 1",
                       .hint = "run `pagequest check` on the trace"});
  }
  TraceReplay out{validity(trace.header(), policy), policy, {}, recorded_lag_steps(trace.header())};
  for (std::size_t i = 0; i < trace.episodes().size(); ++i) {
    PolicyReplay replay(policy, trace.header().page_size, out.lag_steps);
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
    std::int64_t evicted = 0;
    for (const Victim& victim : episode.replayed) evicted += victim.tokens;
    std::int64_t sum = 0;
    for (const std::int32_t live : episode.live_tokens) sum += live;
    const auto peak = [](const std::vector<std::int32_t>& live) {
      return std::int64_t{live.empty() ? 0 : *std::max_element(live.begin(), live.end())};
    };
    const auto steps = static_cast<std::int64_t>(episode.live_tokens.size());
    table.add({std::int64_t{episode.episode.value}, steps,
               static_cast<std::int64_t>(episode.replayed.size()), evicted,
               peak(episode.live_tokens),
               steps == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(steps),
               peak(episode.recorded_live_tokens), std::int64_t{episode.identical() ? 1 : 0}});
  }
  return table;
}

}  // namespace pagequest::simulator
