// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/policies/registry.h"
#include "simulator/workload/footprint.h"
#include "simulator/workload/generator/agent_workload.h"
#include "tests/unit/simulator/managed_episode.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

TEST_CASE("Under every policy that can be modelled a program stays whole and within its budget") {
  constexpr std::int32_t kBudget = 4096;
  std::int32_t modelled = 0;
  for (const kv::PolicyEntry& entry : kv::policies()) {
    const kv::PolicyNeeds needs = kv::needs_of({.name = std::string(entry.name), .params = {}});
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
