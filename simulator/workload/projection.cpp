// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/projection.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

[[noreturn]] void fail(const std::string& what, EpisodeId episode, const std::string& found,
                       const std::string& hint) {
  throw input_error({.what = what,
                     .where = "episode " + std::to_string(episode.value),
                     .found = found,
                     .expected = {},
                     .hint = hint});
}

}  // namespace

void SessionBuilder::on(const Event& event) {
  std::visit(
      Overloaded{[&](const EpisodeBegan& e) { session_.episode = e.episode; },
                 [&](const TokensFilled& e) { fill(e); }, [&](const TokensEvicted& e) { evict(e); },
                 [&](const TurnBegan& e) {
                   in_turn_ = true;
                   session_.program.emplace_back(BeginTurn{e.turn});
                 },
                 [&](const ToolResponded& e) { end_call(e); },
                 [&](const AuxForked& e) {
                   if (fork_) {
                     fail("two auxiliary threads at once", e.episode, {},
                          "run `pagequest check` on the trace");
                   }
                   aux_filled_ = 0;
                   fork_ = session_.program.size();
                   session_.program.emplace_back(ForkAux{0, 0});
                 },
                 [&](const AuxJoined&) {
                   session_.program.emplace_back(JoinAux{});
                   fork_.reset();
                 },
                 [&](const EpisodeEnded&) {
                   if (fork_) {
                     // A thread that runs has a step with each one of the main thread.
                     std::get<ForkAux>(session_.program[*fork_]).outlasts = steps_since_aux_ <= 1;
                   }
                   turn_.answer = turn_decoded_;
                   session_.turns.push_back(std::exchange(turn_, {}));
                   ended_ = true;
                 },
                 [](const auto&) {}},
      event);
}

void SessionBuilder::fill(const TokensFilled& event) {
  const auto tokens = static_cast<std::int64_t>(event.tokens.size());
  if (event.thread == Thread::auxiliary) return fill_aux(tokens, event.kind);
  ++steps_since_aux_;
  if (event.first != filled_) {
    fail("positions of the trace are not contiguous", event.episode,
         "position " + std::to_string(event.first) + " after " + std::to_string(filled_ - 1),
         "run `pagequest check` on the trace");
  }
  (void)scaled(filled_ + tokens);
  // Before its turn begins, a thread reads input: an engine calls a chunk of one token a decode.
  const StepKind kind = in_turn_ ? event.kind : StepKind::prefill;
  if (kind == StepKind::decode) {
    if (turn_decoded_ == 0) decoded_first_ = filled_;
    decoded_end_ = filled_ + static_cast<std::int32_t>(tokens);
  }
  filled_ += static_cast<std::int32_t>(tokens);
  fill_main(scaled(tokens), kind);
}

void SessionBuilder::fill_main(std::int32_t tokens, StepKind kind) {
  auto& program = session_.program;
  const auto add = [&]<class Kind>(Kind operation) {
    auto* last = program.empty() ? nullptr : std::get_if<Kind>(&program.back());
    if (last != nullptr) {
      last->tokens += operation.tokens;
    } else {
      program.emplace_back(operation);
    }
  };
  if (kind == StepKind::prefill) {
    turn_.input += tokens;
    add(Prefill{tokens});
  } else {
    turn_decoded_ += tokens;
    add(Decode{tokens});
  }
}

void SessionBuilder::fill_aux(std::int64_t tokens, StepKind kind) {
  if (!fork_) {
    fail("the trace has an auxiliary thread that was never forked", session_.episode, {},
         "run `pagequest check` on the trace");
  }
  steps_since_aux_ = 0;
  aux_filled_ += tokens;
  (void)scaled(aux_filled_);
  auto& aux = std::get<ForkAux>(session_.program[*fork_]);
  (kind == StepKind::prefill ? aux.prefill_tokens : aux.decode_tokens) += scaled(tokens);
}

void SessionBuilder::evict(const TokensEvicted& event) {
  if (event.span.first < 0 || event.span.count < 0) {
    fail(
        "the trace evicts positions that can't be", event.episode,
        "first " + std::to_string(event.span.first) + ", count " + std::to_string(event.span.count),
        "run `pagequest check` on the trace");
  }
  // A span may reach into a response that is still arriving: only what was filled can go.
  const std::int32_t end = std::min(event.span.end(), filled_);
  if (end <= event.span.first) return;
  session_.program.emplace_back(Evict{{scaled(event.span.first), scaled(end - event.span.first)}});
}

void SessionBuilder::end_call(const ToolResponded& event) {
  const std::int32_t first = std::max(event.call.first, decoded_first_);
  const std::int32_t end = std::min(event.call.end(), decoded_end_);
  turn_.call = turn_decoded_ == 0 ? 0 : scaled(std::max(0, end - first));
  turn_.thought = turn_decoded_ - turn_.call;
  turn_.tool = event.tool;
  session_.turns.push_back(std::exchange(turn_, {}));
  turn_decoded_ = 0;
  in_turn_ = false;
  session_.program.emplace_back(CallTool{std::string(event.tool)});
}

std::int32_t SessionBuilder::scaled(std::int64_t tokens) const {
  const std::int64_t served = tokens * scale_;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() / 2;  // room to add
  if (served > kMost) {
    fail("the token scale makes the episode too long", session_.episode,
         std::to_string(served) + " tokens", "choose a smaller token_scale");
  }
  return static_cast<std::int32_t>(served);
}

Session SessionBuilder::take() {
  if (!ended_ || session_.program.empty()) {
    fail("not a whole episode", session_.episode, {}, "run `pagequest check` on the trace");
  }
  return std::exchange(session_, {});
}

void order_by_episode(Workload& workload) {
  std::ranges::sort(workload.sessions, {}, &Session::episode);
}

Workload project(const traces::Reader& trace, std::int32_t token_scale) {
  const traces::Header& header = trace.header();
  Workload out;
  out.token_scale = token_scale;
  out.label = "recorded by " + header.model + " on " + header.task + " (" + header.setting +
              ") under policy " + header.policy;
  if (header.budget_tokens > 0) {
    out.label += " with a budget of " + std::to_string(header.budget_tokens) + " recorded tokens";
  }
  out.label += ", seed " + std::to_string(header.seed);
  for (std::size_t i = 0; i < trace.episodes().size(); ++i) {
    SessionBuilder builder(token_scale);
    trace.replay(i, builder, false);
    out.sessions.push_back(builder.take());
  }
  order_by_episode(out);
  return out;
}

}  // namespace pagequest::simulator
