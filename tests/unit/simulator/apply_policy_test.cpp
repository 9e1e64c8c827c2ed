// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/apply_policy.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/event_sink.h"
#include "engine/kv/policies/registry.h"
#include "simulator/memory/kv_extent.h"
#include "simulator/workload/footprint.h"
#include "simulator/workload/generator/agent_generator.h"
#include "simulator/workload/generator/agent_workload.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;

namespace {

AgentEpisode episode(std::int32_t index) {
  return AgentGenerator(episode_params("frames"), 7).episode(index);
}

PolicySettings settings(const std::string& name, std::map<std::string, std::string> params = {},
                        std::int32_t budget = 0) {
  PolicySettings out;
  out.policy = {.name = name, .params = std::move(params), .budget_tokens = budget};
  return out;
}

/// A program as text: one word an operation.
std::string text(const Session& session, bool with_aux = true) {
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
std::vector<TokenSpan> response_spans(const Session& session) {
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
void walk(
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

bool holds(const std::vector<char>& live, TokenSpan span) {
  return live[static_cast<std::size_t>(span.first)] != 0;
}

}  // namespace

TEST_CASE("Nothing changes under the policy full") {
  for (std::int32_t i = 0; i < 5; ++i) {
    const AgentEpisode e = episode(i);
    CHECK(text(apply_policy(e, settings("full")).session) == text(e.session));
  }
}

// Brute force over the hidden last uses.
TEST_CASE("Hindsight holds exactly what some coming turn needs") {
  for (std::int32_t i = 0; i < 20; ++i) {
    const AgentEpisode e = episode(i);
    const auto spans = response_spans(e.session);
    const ManagedSession managed = apply_policy(e, settings("hindsight"));
    CHECK(managed.lost_responses == 0);
    CHECK(managed.aux_passes == 0);
    walk(managed.session, [&](std::int32_t turn, const KvExtent& kv, const auto& live) {
      std::int32_t dropped = 0;
      for (std::int32_t c = 0; c < turn; ++c) {
        const auto cursor = static_cast<std::size_t>(c);
        const bool needed = e.responses[cursor].last_use >= turn;
        CHECK(holds(live, spans[cursor]) == needed);
        dropped += needed ? 0 : spans[cursor].count;
      }
      CHECK(kv.live_tokens() == kv.next_position() - dropped);
    });
  }
}

TEST_CASE("SideQuest without lag is hindsight at its interval") {
  for (const std::string interval : {"1", "4"}) {
    PolicySettings quest = settings("sidequest");
    quest.aux = aux_thread_params({{"interval_turns", interval}, {"lag_turns", "0"}});
    PolicySettings oracle = settings("hindsight");
    oracle.aux = aux_thread_params({{"hindsight_interval_turns", interval}});
    for (std::int32_t i = 0; i < 10; ++i) {
      const ManagedSession a = apply_policy(episode(i), quest);
      const ManagedSession b = apply_policy(episode(i), oracle);
      CHECK(text(a.session, false) == text(b.session));
      CHECK(a.lost_responses == 0);
    }
  }
}

TEST_CASE("With a lag of a turn, SideQuest drops what had expired when the thread was forked") {
  PolicySettings quest = settings("sidequest");
  quest.aux = aux_thread_params({{"lag_turns", "1"}});
  for (std::int32_t i = 0; i < 10; ++i) {
    const AgentEpisode e = episode(i);
    const auto spans = response_spans(e.session);
    walk(apply_policy(e, quest).session, [&](std::int32_t turn, const KvExtent&, const auto& live) {
      const std::int32_t forked = turn < 5 ? 0 : (turn - 1) / 4 * 4;  // last that has joined
      for (std::int32_t c = 0; c < turn; ++c) {
        const auto cursor = static_cast<std::size_t>(c);
        const bool gone = c < forked && e.responses[cursor].last_use < forked;
        CHECK(holds(live, spans[cursor]) == !gone);
      }
    });
  }
}

TEST_CASE("An auxiliary thread joins when the main thread has decoded as many tokens") {
  PolicySettings quest = settings("sidequest");
  for (std::int32_t i = 0; i < 20; ++i) {
    const ManagedSession managed = apply_policy(episode(i), quest);
    std::int32_t decoded = 0, length = -1, passes = 0, turn = 0, forked = 0;
    for (const Operation& operation : managed.session.program) {
      if (const auto* fork = std::get_if<ForkAux>(&operation)) {
        CHECK(length < 0);
        length = fork->decode_tokens;
        decoded = 0;
        forked = turn + 1;  // comes before its turn's begin
        CHECK(forked % 4 == 0);
        ++passes;
      } else if (std::holds_alternative<JoinAux>(operation)) {
        CHECK(decoded >= length);
        CHECK(turn + 1 > forked);
        length = -1;
      } else if (const auto* decode = std::get_if<Decode>(&operation)) {
        decoded += decode->tokens;
      } else if (const auto* begin = std::get_if<BeginTurn>(&operation)) {
        turn = begin->turn;
      }
    }
    CHECK(passes == managed.aux_passes);
  }
}

TEST_CASE("Noise of SideQuest at its ends is SideQuest, or nothing at all") {
  const auto noisy = [](const char* recall, const char* others, const char* failures) {
    return settings(
        "sidequest-noisy",
        {{"recall", recall}, {"false_evictions", others}, {"parse_failures", failures}});
  };
  std::int32_t lost = 0;
  for (std::int32_t i = 0; i < 10; ++i) {
    const AgentEpisode e = episode(i);
    CHECK(text(apply_policy(e, noisy("1", "0", "0")).session) ==
          text(apply_policy(e, settings("sidequest")).session));
    CHECK(totals(apply_policy(e, noisy("0", "0", "0")).session).evicted == 0);
    CHECK(totals(apply_policy(e, noisy("1", "1", "1")).session).evicted == 0);
    lost += apply_policy(e, noisy("1", "0.5", "0")).lost_responses;
  }
  CHECK(lost > 0);
}

TEST_CASE("keep-k holds the newest responses, and what it drops too early is counted") {
  for (std::int32_t i = 0; i < 10; ++i) {
    const AgentEpisode e = episode(i);
    const auto spans = response_spans(e.session);
    const ManagedSession managed = apply_policy(e, settings("keep-k", {{"k", "3"}}));
    std::int32_t lost = 0;
    walk(managed.session, [&](std::int32_t turn, const KvExtent&, const auto& live) {
      for (std::int32_t c = 0; c < turn; ++c) {
        CHECK(holds(live, spans[static_cast<std::size_t>(c)]) == (c >= turn - 3));
      }
      const std::int32_t dropped = turn - 4;  // at this boundary
      if (dropped >= 0) {
        lost += e.responses[static_cast<std::size_t>(dropped)].last_use >= turn ? 1 : 0;
      }
    });
    CHECK(managed.lost_responses == lost);
  }
}

TEST_CASE("A call goes with its response where the policy says so") {
  const AgentEpisode e = episode(3);
  const ManagedSession managed = apply_policy(e, settings("hindsight", {{"evict_call", "true"}}));
  const auto spans = response_spans(e.session);
  std::int64_t expected = 0;
  const auto last = static_cast<std::int32_t>(e.session.turns.size()) - 1;
  for (std::size_t c = 0; c < spans.size(); ++c) {
    if (e.responses[c].last_use < last) expected += spans[c].count + e.session.turns[c].call;
  }
  CHECK(totals(managed.session).evicted == expected);
}

TEST_CASE("Under every policy that can be modelled a program stays whole and within its budget") {
  constexpr std::int32_t kBudget = 4096;
  std::int32_t modelled = 0;
  for (const kv::PolicyEntry& entry : kv::policies()) {
    const kv::PolicyNeeds needs = kv::needs_of({.name = std::string(entry.name)});
    const PolicySettings run = settings(std::string(entry.name), {}, needs.budget ? kBudget : 0);
    INFO(entry.name);
    if (needs.keys || needs.reads) {
      CHECK_THROWS_WITH(apply_policy(episode(0), run), Contains("modelled attention"));
      continue;
    }
    ++modelled;
    for (std::int32_t i = 0; i < 3; ++i) {
      const AgentEpisode e = episode(i);
      const ManagedSession managed = apply_policy(e, run);
      const SessionTotals before = totals(e.session);
      const SessionTotals after = totals(managed.session);
      CHECK(after.prefill == before.prefill);
      CHECK(after.decode == before.decode);
      CHECK(text(managed.session) == text(apply_policy(e, run).session));
      walk(managed.session, [](std::int32_t, const KvExtent&, const auto&) {});
      CHECK(footprint(managed.session, 16).peak_tokens > 0);
    }
  }
  CHECK(modelled >= 15);
}

// What decides at each step exceeds its budget by the page that is written and by what is prefilled
// at once, nothing else.
TEST_CASE("A sequence exceeds its budget by no more than a prefill") {
  constexpr std::int32_t kBudget = 4096;
  for (const std::string name : {"h2o", "streaming", "tova", "lru", "random", "raas"}) {
    const ManagedSession managed = apply_policy(episode(1), settings(name, {}, kBudget));
    REQUIRE(totals(managed.session).evicted > 0);
    KvExtent kv(16);
    for (const Operation& operation : managed.session.program) {
      if (const auto* prefill = std::get_if<Prefill>(&operation)) kv.grow(prefill->tokens);
      if (const auto* evict = std::get_if<Evict>(&operation)) kv.evict(evict->span);
      const auto* decode = std::get_if<Decode>(&operation);
      if (decode == nullptr) continue;
      INFO(name);
      CHECK(kv.live_tokens() <= kBudget);
      kv.grow(decode->tokens);
      CHECK(kv.live_tokens() <= kBudget + 16);
    }
  }
}

// Each head may keep as much as the budget, and what they keep differs: the sequence as a whole
// holds the union, at least what one head holds and at most what all do.
TEST_CASE("Heads that choose for themselves hold more together than heads that share a choice") {
  constexpr std::int32_t kBudget = 4096;
  const auto peak = [](const char* sharing) {
    PolicySettings run = settings("h2o", {{"sharing", sharing}}, kBudget);
    run.attention = attention_params({{"heads", "4"}});
    return footprint(apply_policy(episode(1), run).session, 16).peak_tokens;
  };
  const std::int32_t shared = peak("all");
  CHECK(peak("head") > shared + 16);
  CHECK(peak("head") <= 4 * shared);
}

TEST_CASE("SideQuest halves the peak of frames episodes, at an overhead of a tenth to a fifth") {
  // SideQuest, section 4.6: -56 to -65 % on its own episodes, which are not published. The band is
  // about what docs/workloads.md states for the generator's.
  const AgentWorkloadSpec spec{.preset = "frames", .seed = 1, .episodes = 300};
  const Workload full = agent_workload(spec, settings("full"));
  const Workload quest = agent_workload(spec, settings("sidequest"));
  double peak_full = 0.0, peak_quest = 0.0, decoded = 0.0, aux = 0.0;
  for (std::size_t i = 0; i < full.sessions.size(); ++i) {
    peak_full += footprint(full.sessions[i], 16).peak_tokens;
    Session main = quest.sessions[i];
    std::erase_if(main.program, [](const Operation& operation) {
      return std::holds_alternative<ForkAux>(operation) ||
             std::holds_alternative<JoinAux>(operation);
    });
    peak_quest += footprint(main, 16).peak_tokens;
    const SessionTotals sums = totals(quest.sessions[i]);
    decoded += static_cast<double>(sums.decode);
    aux += static_cast<double>(sums.aux_decode);
  }
  CHECK(1.0 - peak_quest / peak_full == Approx(0.49).margin(0.03));
  CHECK(aux / decoded == Approx(0.17).margin(0.02));
  CHECK_THAT(quest.label, Contains("frames") && Contains("sidequest"));
}

TEST_CASE("Sequences that begin anew meet a policy that begins anew") {
  // A request of its own, as traces of agents have it: positions start at 0 again.
  Session session{.episode = EpisodeId{0},
                  .program = {Prompt{6000, 0, 0}, Decode{64}, CallTool{"search", 0},
                              Prompt{7000, 0, 0}, Decode{64}},
                  .turns = {}};
  const ManagedSession managed = apply_policy(session, {}, settings("streaming", {}, 1024));
  std::vector<std::int32_t> prompts;
  KvExtent kv(16);
  for (const Operation& operation : managed.session.program) {
    if (const auto* prompt = std::get_if<Prompt>(&operation)) {
      prompts.push_back(prompt->tokens);
      kv = KvExtent(16);
      kv.grow(prompt->tokens);
    }
    if (const auto* evict = std::get_if<Evict>(&operation)) kv.evict(evict->span);
    if (const auto* decode = std::get_if<Decode>(&operation)) {
      CHECK(kv.live_tokens() <= 1024);
      kv.grow(decode->tokens);
    }
  }
  CHECK(prompts == std::vector<std::int32_t>{6000, 7000});
}

TEST_CASE("Policies that a load can't have are refused") {
  const AgentEpisode e = episode(0);
  CHECK_THROWS_WITH(apply_policy(e, settings("sidequst")), Contains("did you mean `sidequest`"));
  CHECK_THROWS_WITH(apply_policy(e, settings("h2o")), Contains("budget"));
  CHECK_THROWS_WITH(apply_policy(e, settings("hindsight", {}, 100)), Contains("budget"));
  CHECK_THROWS_WITH(apply_policy(e, settings("keep-k", {{"n", "3"}})), Contains("parameter"));
  for (const std::string name : {"sidequest", "sidequest-noisy", "hindsight"}) {
    CHECK_THROWS_WITH(apply_policy(e.session, {}, settings(name)), Contains("needed later"));
  }
  const ManagedSession managed = apply_policy(e, settings("keep-k"));
  CHECK_THROWS_WITH(apply_policy(managed.session, {}, settings("keep-k")),
                    Contains("under a policy already"));
  CHECK_THROWS_WITH(aux_thread_params({{"interval", "3"}}), Contains("interval_turns"));
  CHECK_THROWS_WITH(aux_thread_params({{"interval_turns", "0"}}), Contains("1 to 1000000"));
}
