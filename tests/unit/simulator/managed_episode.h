// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/event_sink.h"
#include "simulator/memory/kv_extent.h"
#include "simulator/workload/apply_policy.h"
#include "simulator/workload/generator/agent_generator.h"

/// What tests of policies on generated episodes share.
namespace pagequest::simulator::testing {

inline AgentEpisode episode(std::int32_t index) {
  return AgentGenerator(episode_params("frames"), 7).episode(index);
}

inline PolicySettings settings(const std::string& name,
                               std::map<std::string, std::string> params = {},
                               std::int32_t budget = 0) {
  PolicySettings out;
  out.policy = {.name = name, .params = std::move(params), .budget_tokens = budget};
  return out;
}

/// A program as text: one word an operation.
inline std::string text(const Session& session, bool with_aux = true) {
  std::string out;
  const auto word = [&out](char kind, std::int64_t a, std::int64_t b = 0) {
    out += kind + std::to_string(a) + "," + std::to_string(b) + " ";
  };
  for (const Operation& operation : session.program) {
    std::visit(Overloaded{[&](const Prefill& op) { word('p', op.tokens); },
                          [&](const Decode& op) { word('d', op.tokens); },
                          [&](const Evict& op) { word('e', op.span.first, op.span.count); },
                          [&](const CallTool& op) { word('c', op.duration); },
                          [&](const BeginTurn& op) { word('t', op.turn); },
                          [&](const ForkAux& op) {
                            if (with_aux) word('f', op.prefill_tokens, op.decode_tokens);
                          },
                          [&](const JoinAux&) {
                            if (with_aux) word('j', 0);
                          },
                          [](const auto&) {}},
               operation);
  }
  return out;
}

/// The spans of the tool responses, found without the policy's code.
inline std::vector<TokenSpan> response_spans(const Session& session) {
  std::vector<TokenSpan> spans;
  std::int32_t at = session.turns[0].input;
  for (std::size_t t = 0; t + 1 < session.turns.size(); ++t) {
    at += session.turns[t].thought + session.turns[t].call;
    spans.push_back({at, session.turns[t + 1].input});
    at += session.turns[t + 1].input;
  }
  return spans;
}

/// Calls back at each turn's begin with (turn, what the sequence holds), and checks on the way that
/// evictions lie in filled tokens.
inline void walk(
    const Session& session,
    const std::function<void(std::int32_t, const KvExtent&, const std::vector<char>&)>& at_turn) {
  KvExtent kv(16);
  std::vector<char> live;
  const auto grow = [&](std::int32_t tokens) {
    kv.grow(tokens);
    live.resize(live.size() + static_cast<std::size_t>(tokens), 1);
  };
  for (const Operation& operation : session.program) {
    std::visit(
        Overloaded{[&](const Prefill& op) { grow(op.tokens); },
                   [&](const Decode& op) { grow(op.tokens); },
                   [&](const Evict& op) {
                     REQUIRE(op.span.first >= 0);
                     REQUIRE(op.span.count > 0);
                     REQUIRE(op.span.end() <= kv.next_position());
                     kv.evict(op.span);
                     std::fill_n(live.begin() + op.span.first, op.span.count, 0);
                   },
                   [&](const BeginTurn& op) { at_turn(op.turn, kv, live); }, [](const auto&) {}},
        operation);
  }
}

inline bool holds(const std::vector<char>& live, TokenSpan span) {
  return live[static_cast<std::size_t>(span.first)] != 0;
}

}  // namespace pagequest::simulator::testing
