// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>

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

TEST_CASE("Numbers without a meaning are refused by name, and by what was found") {
  const auto complaint = [](std::int32_t agent::AgentConfig::*field, std::int32_t value) {
    auto config = short_config();
    config.*field = value;
    CHECK_THROWS_WITH(play(config, {}), Catch::Contains(std::to_string(value)));
  };
  for (const std::int32_t value : {0, -5}) {
    complaint(&agent::AgentConfig::context_limit, value);
    complaint(&agent::AgentConfig::aux_max_tokens, value);
    complaint(&agent::AgentConfig::turn_max_tokens, value);
  }
  complaint(&agent::AgentConfig::first_episode, -1);
  complaint(&agent::AgentConfig::episodes, -2);
}

TEST_CASE("Episodes beyond the last index that there is are refused") {
  auto config = short_config();
  config.first_episode = std::numeric_limits<std::int32_t>::max();
  config.episodes = 3;
  CHECK_THROWS_WITH(play(config, {}), Catch::Contains("first-episode"));
  config.episodes = 1;
  CHECK(play(config, {.capture = false}).totals.episodes.size() == 1);
}

TEST_CASE("A run that is told to stop ends with the iteration") {
  traces::EventCollector collector;
  agent::Runner runner(pagequest::testing::pocket_model(), {.capture = false}, short_config(),
                       collector);
  const auto totals = runner.run([](auto, auto) { return false; });
  CHECK(totals.interrupted);
  CHECK(totals.iterations == 1);
}

TEST_CASE(
    "A resolved configuration has the task's limits, its chat format and the model's context") {
  const auto& model = pagequest::testing::pocket_model();
  auto config = short_config();
  config.context_limit = 1'000'000;
  const auto source = agent::open_source(config, model.tokenizer());
  const auto resolved = agent::resolve(config, *source, model);
  CHECK(resolved.turn_max_tokens == agent::find_task("pocket-hops").limits.turn);
  CHECK(resolved.aux_max_tokens == agent::find_task("pocket-hops").limits.auxiliary);
  CHECK(resolved.chat == "pocket");
  CHECK(resolved.context_limit == model.config().max_positions);
  const auto again = agent::resolve(resolved, *source, model);
  CHECK(again.chat == resolved.chat);
  CHECK(again.context_limit == resolved.context_limit);
}
