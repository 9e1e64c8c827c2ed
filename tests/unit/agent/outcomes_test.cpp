// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/support/pocket_run.h"

using namespace pagequest;
using pagequest::testing::play;

namespace {

agent::AgentConfig short_config() {
  agent::AgentConfig config;
  config.setting = "short";
  config.seed = 7000200;
  config.episodes = 2;
  return config;
}

Outcome outcome_of(const agent::AgentConfig& config) {
  const auto run = play(config, {.capture = false});
  return run.totals.episodes.at(0).outcome;
}

}  // namespace

TEST_CASE("An episode that ends with an answer is complete") {
  CHECK(outcome_of(short_config()) == Outcome::complete);
}

TEST_CASE("An episode that reaches the turn limit says so") {
  auto config = short_config();
  config.turn_limit = 2;
  CHECK(outcome_of(config) == Outcome::turn_limit);
}

TEST_CASE("An episode that runs out of positions says so") {
  auto config = short_config();
  config.context_limit = 200;
  CHECK(outcome_of(config) == Outcome::context_limit);
}

TEST_CASE("A turn without a call or an answer is unparsable") {
  auto config = short_config();
  config.turn_max_tokens = 1;
  CHECK(outcome_of(config) == Outcome::unparsable);
}

TEST_CASE("Every planned episode ends once, whatever the concurrency") {
  auto config = short_config();
  config.episodes = 5;
  config.concurrency = 2;
  const auto run = play(config, {.capture = false});
  CHECK(run.totals.episodes.size() == 5);
  CHECK(run.all<EpisodeEnded>().size() == 5);
  CHECK_FALSE(run.totals.interrupted);
}

TEST_CASE("The same seed plays the same events with one and with two threads") {
  auto config = short_config();
  config.memory = agent::Memory::auxiliary;
  config.policy.name = "sidequest";
  const auto one = play(config, {.threads = 1});
  const auto two = play(config, {.threads = 2});
  REQUIRE(one.events.size() == two.events.size());
  std::size_t same = 0;
  for (std::size_t i = 0; i < one.events.size(); ++i) {
    same += traces::same_event(one.events[i].view(), two.events[i].view()) ? 1 : 0;
  }
  CHECK(same == one.events.size());
}

TEST_CASE("Impossible settings are refused by name") {
  auto config = short_config();
  config.aux_interval = 0;
  CHECK_THROWS_AS(play(config, {}), Error);
  config = short_config();
  config.setting = "huge";
  CHECK_THROWS_AS(play(config, {}), Error);
}
