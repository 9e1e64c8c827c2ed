// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The auxiliary thread against SideQuest's algorithm 1 (arXiv 2602.22603), on real episodes.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/pocket_run.h"

using namespace pagequest;
using pagequest::testing::play;
using pagequest::testing::PocketRun;

namespace {

agent::AgentConfig sidequest_config() {
  agent::AgentConfig config;
  config.setting = "default";
  config.seed = 7000100;
  config.episodes = 4;
  config.memory = agent::Memory::auxiliary;
  config.policy.name = "sidequest";
  return config;
}

runtime::EngineConfig without_capture() {
  runtime::EngineConfig config;
  config.capture = false;
  return config;
}

const PocketRun& sidequest_run() {
  static const PocketRun kRun = play(sidequest_config(), without_capture());
  return kRun;
}

}  // namespace

TEST_CASE("Auxiliary threads are forked at positive multiples of K turns, one at a time") {
  std::map<EpisodeId, bool> alive;
  std::size_t forks = 0;
  for (const auto& owned : sidequest_run().events) {
    const Event event = owned.view();
    if (const auto* fork = std::get_if<AuxForked>(&event)) {
      CHECK(fork->turn > 0);
      CHECK(fork->turn % 4 == 0);
      CHECK_FALSE(alive[fork->episode]);
      alive[fork->episode] = true;
      ++forks;
    } else if (const auto* join = std::get_if<AuxJoined>(&event)) {
      alive[join->episode] = false;
    }
  }
  CHECK(forks >= 4);
}

TEST_CASE("A command is applied at a turn boundary after the one that forked") {
  std::map<EpisodeId, std::int32_t> forked_at;
  std::size_t joins = 0;
  for (const auto& owned : sidequest_run().events) {
    const Event event = owned.view();
    if (const auto* fork = std::get_if<AuxForked>(&event)) forked_at[fork->episode] = fork->turn;
    if (const auto* join = std::get_if<AuxJoined>(&event)) {
      CHECK(join->turn > forked_at.at(join->episode));
      ++joins;
    }
  }
  CHECK(joins > 0);
}

TEST_CASE("Only responses that the command named are evicted, thoughts and prompt never") {
  std::map<EpisodeId, std::vector<TokenSpan>> named;
  std::map<std::pair<EpisodeId, std::int32_t>, TokenSpan> responses;
  std::size_t evictions = 0;
  for (const auto& owned : sidequest_run().events) {
    const Event event = owned.view();
    if (const auto* tool = std::get_if<ToolResponded>(&event)) {
      responses[{tool->episode, tool->cursor}] = tool->response;
    } else if (const auto* join = std::get_if<AuxJoined>(&event)) {
      auto& spans = named[join->episode];
      spans.clear();
      for (const auto cursor : join->cursors)
        spans.push_back(responses.at({join->episode, cursor}));
    } else if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      const auto& spans = named[evicted->episode];
      CHECK(std::find(spans.begin(), spans.end(), evicted->span) != spans.end());
      ++evictions;
    }
  }
  CHECK(evictions > 0);
}

TEST_CASE("Main and auxiliary threads of an episode decode in the same batches") {
  std::map<EpisodeId, std::set<std::int64_t>> main_iterations;
  std::size_t shared = 0;
  const auto fills = sidequest_run().all<TokensFilled>();
  for (const auto& fill : fills) {
    if (fill.thread == Thread::main) main_iterations[fill.episode].insert(fill.iteration);
  }
  for (const auto& fill : fills) {
    if (fill.thread != Thread::auxiliary) continue;
    shared += main_iterations[fill.episode].count(fill.iteration);
  }
  CHECK(shared > 0);
}

TEST_CASE("Positions of the main thread keep their gaps") {
  std::map<EpisodeId, std::int32_t> next;
  for (const auto& fill : sidequest_run().all<TokensFilled>()) {
    if (fill.thread != Thread::main) continue;
    CHECK(fill.first == next[fill.episode]);
    next[fill.episode] += static_cast<std::int32_t>(fill.tokens.size());
  }
  CHECK(next.size() == 4);
}

TEST_CASE("Read literally, algorithm 1 also forks at turn 0") {
  auto config = sidequest_config();
  config.episodes = 1;
  config.aux_at_turn_zero = true;
  const auto forks = play(config, without_capture()).all<AuxForked>();
  REQUIRE_FALSE(forks.empty());
  CHECK(forks.front().turn == 0);
}

TEST_CASE("An auxiliary thread that overruns its limit deletes nothing and is counted") {
  auto config = sidequest_config();
  config.aux_max_tokens = 2;
  const auto run = play(config, without_capture());
  const auto joins = run.all<AuxJoined>();
  REQUIRE_FALSE(joins.empty());
  CHECK(std::none_of(joins.begin(), joins.end(), [](const auto& join) { return join.parsed; }));
  CHECK(run.all<TokensEvicted>().empty());
}

TEST_CASE("The call's tokens go with the response when the policy is told so") {
  auto config = sidequest_config();
  config.policy.params = {{"evict_call", "true"}};
  const auto run = play(config, without_capture());
  std::set<std::pair<EpisodeId, std::int32_t>> calls;
  for (const auto& tool : run.all<ToolResponded>()) calls.insert({tool.episode, tool.call.first});
  const auto evicted = run.all<TokensEvicted>();
  CHECK(std::any_of(evicted.begin(), evicted.end(), [&](const auto& e) {
    return calls.contains({e.episode, e.span.first});
  }));
}

TEST_CASE("The hindsight oracle deletes exactly what the expert will not use again") {
  auto config = sidequest_config();
  config.memory = agent::Memory::hindsight;
  const auto run = play(config, without_capture());
  std::map<EpisodeId, std::set<int>> deleted;
  for (const auto& join : run.all<AuxJoined>()) {
    auto& set = deleted[join.episode];
    set.insert(join.cursors.begin(), join.cursors.end());
    const auto world = agent::make_world(config.task, config.setting, config.seed,
                                         static_cast<std::uint64_t>(join.episode.value));
    const auto expired = world->expired_cursors(join.turn);
    // A model that left the expert's path may have fewer cursors open than the expert.
    CHECK(std::includes(expired.begin(), expired.end(), set.begin(), set.end()));
  }
  CHECK(deleted.size() == 4);
}

TEST_CASE("A thread is forked after the evictions of its turn boundary") {
  std::map<EpisodeId, std::int32_t> forked_at;
  std::size_t evictions = 0;
  for (const auto& owned : sidequest_run().events) {
    const Event event = owned.view();
    if (const auto* fork = std::get_if<AuxForked>(&event)) forked_at[fork->episode] = fork->turn;
    if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      CHECK(forked_at[evicted->episode] < evicted->turn);
      ++evictions;
    }
  }
  CHECK(evictions > 0);
}
