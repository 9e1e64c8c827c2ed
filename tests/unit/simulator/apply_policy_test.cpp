// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/apply_policy.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/simulator/managed_episode.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

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
