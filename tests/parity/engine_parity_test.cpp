// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The promise of the shared policy code: what the engine evicts while it decodes is what a replay
// of its trace evicts, for every registered policy, three budgets and three seeds.
#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/agent/runner.h"
#include "engine/kv/policies/registry.h"
#include "engine/runtime/engine_config.h"
#include "simulator/policy_replay.h"
#include "tests/support/file_content.h"
#include "tests/support/pocket_run.h"
#include "tests/support/short_policies.h"
#include "tests/support/temporary_folder.h"
#include "tracer/recorder.h"
#include "traces/reader.h"

using namespace pagequest;
namespace fs = std::filesystem;

namespace {

constexpr std::int32_t kBudgets[] = {192, 288, 416};  // tokens
constexpr std::uint64_t kSeeds[] = {7000301, 7000302, 7000303};

agent::AgentConfig config_of(const kv::PolicyEntry& policy, std::int32_t budget,
                             std::uint64_t seed) {
  agent::AgentConfig config;
  config.setting = "short";
  config.seed = seed;
  config.episodes = 3;
  config.policy.name = policy.name;
  config.policy.params = testing::short_params(policy.name);
  if (kv::needs_of(config.policy).budget) config.policy.budget_tokens = budget;
  if (policy.names_by_model) config.memory = agent::Memory::auxiliary;
  return config;
}

traces::Header header_of(const agent::AgentConfig& agent, const runtime::EngineConfig& engine) {
  const auto& shape = testing::pocket_model().config();
  traces::Header header;
  header.policy = agent.policy.name;
  header.policy_params = kv::resolved_params(agent.policy);
  header.budget_tokens = agent.policy.budget_tokens;
  header.page_size = engine.page_size;
  header.layers = shape.layers;
  header.query_heads = shape.query_heads;
  header.kv_heads = shape.kv_heads;
  header.head_dim = shape.head_dim;
  header.prefill_rows = engine.prefill_rows;
  header.episodes_planned = agent.episodes;
  header.captures.key_bounds = engine.capture_options.key_bounds;
  header.captures.key_reads = kv::needs_of(agent.policy).reads;
  header.captures.head_evictions = engine.kv_tables != runtime::KvTables::shared;
  header.captures.requantisations = kv::needs_of(agent.policy).requantises;
  header.config_json =
      "{\"policy_lag\": " + std::to_string(engine.policy_lag_steps.value_or(0)) + "}";
  return header;
}

void record(const agent::AgentConfig& agent, const runtime::EngineConfig& config,
            const fs::path& path) {
  const runtime::EngineConfig engine = runtime::fitted(config, agent.policy);
  tracer::Recorder recorder(path, header_of(agent, engine));
  agent::Runner runner(testing::pocket_model(), engine, agent, recorder);
  const auto totals = runner.run([](auto, auto) { return true; });
  REQUIRE(std::cmp_equal(totals.episodes.size(), agent.episodes));
  recorder.close();
}

/// Records an episode set and checks that a replay evicts the same; returns the victims.
std::size_t check_parity(const agent::AgentConfig& config, const runtime::EngineConfig& engine) {
  const testing::TemporaryFolder folder;
  const auto path = folder / "trace.h5";
  record(config, engine, path);
  const traces::Reader trace(path);
  const auto replay = simulator::replay_policy(trace, config.policy);
  CHECK(replay.validity == simulator::Validity::same_policy);
  REQUIRE(replay.episodes.size() == 3);
  std::size_t victims = 0;
  for (const auto& episode : replay.episodes) {
    INFO("episode " << episode.episode.value);
    CHECK(episode.replayed == episode.recorded);
    CHECK(episode.live_tokens == episode.recorded_live_tokens);
    victims += episode.recorded.size();
  }
  return victims;
}

}  // namespace

TEST_CASE("A replay evicts exactly what the engine evicted, for every policy, budget and seed") {
  runtime::EngineConfig engine;
  engine.policy_lag_steps = GENERATE(0, 1);
  for (const auto& policy : kv::policies()) {
    std::size_t victims = 0;
    for (const auto budget : kBudgets) {
      for (const auto seed : kSeeds) {
        const auto config = config_of(policy, budget, seed);
        INFO(policy.name << ", budget " << config.policy.budget_tokens << ", seed " << seed
                         << ", lag " << *engine.policy_lag_steps);
        victims += check_parity(config, engine);
      }
    }
    INFO(policy.name);
    CHECK((victims > 0) == (policy.trigger != kv::Trigger::never));
  }
}

TEST_CASE("A replay evicts what an engine evicted that closed the gaps") {
  runtime::EngineConfig engine;
  engine.policy_lag_steps = GENERATE(0, 1);
  for (const char* policy : {"streaming", "sidequest", "h2o"}) {
    auto config = config_of(kv::find_policy(policy), 192, 7000301);
    config.policy.params["positions"] = "compact";
    if (config.policy.name == "h2o") config.policy.params["sharing"] = "head";
    INFO(policy << ", lag " << *engine.policy_lag_steps);
    CHECK(check_parity(config, engine) > 0);
  }
}

TEST_CASE("A replay drops a count once, at the step and from the heads that the engine took") {
  runtime::EngineConfig engine;
  engine.policy_lag_steps = GENERATE(0, 1);
  const std::string heads = GENERATE("all", "random", "stable", "unstable");
  auto config = config_of(kv::find_policy("ablate"), 0, kSeeds[0]);
  config.policy.params = {{"where", "any"}, {"count", "20"}, {"at", "60"}, {"heads", heads}};
  CAPTURE(heads, *engine.policy_lag_steps);
  const testing::TemporaryFolder folder;
  record(config, engine, folder / "trace.h5");
  const traces::Reader trace(folder / "trace.h5");
  const auto replay = simulator::replay_policy(trace, config.policy);
  CHECK(replay.validity == simulator::Validity::same_policy);
  for (const auto& episode : replay.episodes) {
    CAPTURE(episode.episode.value);
    CHECK(episode.replayed == episode.recorded);
    // Pages of 16 tokens: the second one reaches the count. Two of the eight heads are a quarter.
    CHECK(episode.recorded.size() == (heads == "all" ? 2 : 4));
  }
}

TEST_CASE("A trace is the same, byte for byte, whether or not steps overlap") {
  const std::int32_t concurrency = GENERATE(1, 3);
  for (const auto& policy : kv::policies()) {
    auto agent = config_of(policy, 288, 7000304);
    agent.concurrency = concurrency;
    INFO(policy.name << ", concurrency " << concurrency);
    runtime::EngineConfig engine;
    engine.policy_lag_steps = 1;
    const testing::TemporaryFolder folder;
    record(agent, engine, folder / "waiting.h5");
    engine.overlap = true;
    record(agent, engine, folder / "overlapping.h5");
    CHECK(testing::content_of(folder / "waiting.h5") ==
          testing::content_of(folder / "overlapping.h5"));
  }
}
