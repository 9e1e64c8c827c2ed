// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Policies that decide over synthetic events, recorded into a file, read back and replayed: no
// model is needed, so every policy meets long contexts and many victims.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/registry.h"
#include "simulator/machine/catalog.h"
#include "simulator/policy_replay.h"
#include "simulator/replay.h"
#include "simulator/workload/footprint.h"
#include "simulator/workload/project_under_policy.h"
#include "simulator/workload/projection.h"
#include "tests/support/short_policies.h"
#include "tests/support/synthetic_trace.h"
#include "tracer/recorder.h"
#include "traces/reader.h"

using namespace pagequest;
using namespace pagequest::testing;
namespace fs = std::filesystem;

namespace {

/// Of SyntheticOptions.
constexpr kv::KvShape kShape{.layers = 2, .kv_heads = 2};

/// One controller an episode; states turns as the engine does (of the last TurnBegan at the end of
/// a step, of the coming one at a boundary) and passes everything to the recorder.
class DecidingSink final : public EventSink {
 public:
  DecidingSink(kv::PolicySpec policy, std::int32_t page_size, std::int32_t lag, EventSink& next)
      : policy_(std::move(policy)), page_size_(page_size), lag_(lag), next_(next) {}

  void on(const Event& event) override {
    const EpisodeId id = std::visit([](const auto& e) { return e.episode; }, event);
    Deciding& deciding = at(id);
    if (!tells_of_eviction(event)) requantise(id, deciding);
    Event stated = event;
    if (auto* evicted = std::get_if<TokensEvicted>(&stated)) {
      if (!deciding.boundary) evicted->turn = deciding.turn;
    }
    if (auto* evicted = std::get_if<HeadTokensEvicted>(&stated)) {
      if (!deciding.boundary) evicted->turn = deciding.turn;
    }
    if (const auto* turn = std::get_if<TurnBegan>(&stated)) deciding.turn = turn->turn;
    if (const auto* filled = std::get_if<TokensFilled>(&stated)) {
      if (filled->thread == Thread::main) deciding.step = filled->step;
    }
    next_.on(stated);
    deciding.controller.observe(stated);
  }

  std::vector<kv::Victim> decide(EpisodeId id, bool boundary) {
    Deciding& deciding = at(id);
    deciding.boundary = boundary;
    return deciding.controller.victims(boundary ? kv::DecisionPoint::turn_boundary
                                                : kv::DecisionPoint::step_end);
  }

 private:
  struct Deciding {
    kv::EvictionController controller;
    std::int32_t turn = 0;
    std::int32_t step = -1;
    bool boundary = false;
  };
  static bool tells_of_eviction(const Event& event) {
    return std::holds_alternative<HeadTokensEvicted>(event) ||
           std::holds_alternative<TokensEvicted>(event) || std::holds_alternative<PageFreed>(event);
  }

  /// What the last decision stores otherwise, behind what it dropped.
  void requantise(EpisodeId id, Deciding& deciding) {
    for (const TokensRequantised& change :
         deciding.controller.take_requantised(id, deciding.step, deciding.turn)) {
      next_.on(change);
      deciding.controller.observe(change);
    }
  }

  Deciding& at(EpisodeId id) {
    const auto found = episodes_.find(id);
    if (found != episodes_.end()) return found->second;
    return episodes_
        .emplace(id, Deciding{kv::EvictionController(policy_, page_size_, lag_, kShape)})
        .first->second;
  }

  kv::PolicySpec policy_;
  std::int32_t page_size_;
  std::int32_t lag_;
  EventSink& next_;
  std::map<EpisodeId, Deciding> episodes_;
};

SyntheticOptions options_of(std::uint64_t seed) {
  return {.episodes = 5,
          .concurrency = 3,
          .turns = 10,
          .page_size = 8,
          .seed = seed,
          .captures = {.key_bounds = true}};
}

fs::path record(const kv::PolicySpec& policy, const SyntheticOptions& options,
                std::int32_t lag = 0) {
  const fs::path path =
      fs::temp_directory_path() / ("pagequest_file_parity_" + policy.name + ".h5");
  traces::Header header = synthetic_header(options);
  header.policy = policy.name;
  header.policy_params = kv::resolved_params(policy);
  header.budget_tokens = policy.budget_tokens;
  header.captures.head_evictions = kv::needs_of(policy).sharing != kv::Sharing::all;
  header.captures.requantisations = kv::needs_of(policy).requantises;
  header.config_json = "{\"policy_lag\":" + std::to_string(lag) + "}";
  tracer::Recorder recorder(path, header);
  DecidingSink sink(policy, options.page_size, lag, recorder);
  emit_synthetic_trace(options, sink,
                       [&](EpisodeId id, bool boundary) { return sink.decide(id, boundary); });
  recorder.close();
  return path;
}

}  // namespace

TEST_CASE("A file's replay comes to the file's victims, for every policy, budget and seed") {
  const std::int32_t lag = GENERATE(0, 1, 2);
  for (const kv::PolicyEntry& entry : kv::policies()) {
    std::size_t victims = 0;
    for (const std::int32_t budget : {48, 80, 128}) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        kv::PolicySpec policy{.name = std::string(entry.name), .params = short_params(entry.name)};
        if (kv::needs_of(policy).budget) policy.budget_tokens = budget;
        const fs::path path = record(policy, options_of(seed), lag);
        const traces::Reader trace(path);
        const auto replay =
            simulator::replay_policy(trace, simulator::recorded_policy(trace.header()));
        INFO(entry.name << ", budget " << budget << ", seed " << seed << ", lag " << lag);
        CHECK(replay.lag_steps == lag);
        CHECK(replay.validity == simulator::Validity::same_policy);
        REQUIRE(replay.episodes.size() == 5);
        for (const auto& episode : replay.episodes) {
          CHECK(episode.replayed == episode.recorded);
          CHECK(episode.live_tokens == episode.recorded_live_tokens);
          victims += episode.recorded.size();
        }
        fs::remove(path);
      }
    }
    INFO(entry.name);
    CHECK((victims > 0) == (entry.trigger != kv::Trigger::never));
  }
}

TEST_CASE("A policy that selects what is read is replayed on traces of its own only") {
  const kv::PolicySpec quest{.name = "quest", .params = {}, .budget_tokens = 64};
  const fs::path own = record(quest, options_of(4));
  CHECK(simulator::replay_policy(traces::Reader(own), quest).episodes.size() == 5);
  kv::PolicySpec other = quest;
  other.budget_tokens = 80;
  CHECK_THROWS_WITH(simulator::replay_policy(traces::Reader(own), other),
                    Catch::Matchers::Contains("--policy quest"));
  const fs::path full = record({}, options_of(4));
  CHECK_THROWS_WITH(simulator::replay_policy(traces::Reader(full), quest),
                    Catch::Matchers::Contains("queries"));
  fs::remove(own);
  fs::remove(full);
}

TEST_CASE("A recorded file is served whole, with the policy in every label") {
  const fs::path path =
      record({.name = "sidequest", .params = {}, .budget_tokens = 0}, options_of(9));
  const traces::Reader trace(path);
  const simulator::Workload workload = simulator::project(trace, 16);
  REQUIRE(workload.sessions.size() == 5);
  CHECK_THAT(workload.label, Catch::Matchers::Contains("policy sidequest"));
  simulator::SimulationConfig config = simulator::SimulationConfig::defaults();
  config.concurrency = 4;
  config.requests = 10;
  const auto result = simulator::replay(workload, simulator::catalog_gpu("h100-sxm-80gb"),
                                        simulator::catalog_model("gpt-oss-20b"), config);
  CHECK(result.metrics.requests == 10);
  CHECK(result.metrics.turns == 10 * 10);
  CHECK(result.metrics.tool_calls == 10 * 9);
  CHECK(result.workload.evicted > 0.0);
  fs::remove(path);
}

TEST_CASE("A trace under its own policy is projected as recorded, for every policy") {
  for (const kv::PolicyEntry& entry : kv::policies()) {
    kv::PolicySpec policy{.name = std::string(entry.name), .params = short_params(entry.name)};
    if (kv::needs_of(policy).budget) policy.budget_tokens = 80;
    const fs::path path = record(policy, options_of(5));
    const traces::Reader trace(path);
    const auto recorded = simulator::project(trace, 4);
    const auto replayed = simulator::project_under_policy(trace, policy, 4);
    INFO(entry.name);
    REQUIRE(recorded.sessions.size() == replayed.sessions.size());
    for (std::size_t i = 0; i < recorded.sessions.size(); ++i) {
      const auto expected = simulator::totals(recorded.sessions[i]);
      const auto got = simulator::totals(replayed.sessions[i]);
      CHECK(got.prefill == expected.prefill);
      CHECK(got.decode == expected.decode);
      CHECK(got.evicted == expected.evicted);
      CHECK(got.aux_decode == (entry.names_by_model ? expected.aux_decode : 0));
      if (!entry.names_by_model) continue;
      CHECK(simulator::footprint(replayed.sessions[i], 16).peak_pages ==
            simulator::footprint(recorded.sessions[i], 16).peak_pages);
    }
    CHECK_THAT(replayed.label, Catch::Matchers::Contains("same policy"));
    fs::remove(path);
  }
}

TEST_CASE("A full-cache trace is projected with what another policy drops") {
  const fs::path path = record({}, options_of(6));
  const traces::Reader trace(path);
  for (const char* name : {"h2o", "streaming", "keep-k"}) {
    kv::PolicySpec policy{.name = name, .params = short_params(name)};
    if (kv::needs_of(policy).budget) policy.budget_tokens = 64;
    const auto workload = simulator::project_under_policy(trace, policy, 4);
    const auto replay = simulator::replay_policy(trace, policy);
    CHECK_THAT(workload.label, Catch::Matchers::Contains("first-order"));
    REQUIRE(replay.episodes.size() == workload.sessions.size());
    for (const simulator::EpisodeReplay& episode : replay.episodes) {
      std::int64_t evicted = 0;
      for (const auto& victim : episode.replayed) evicted += victim.layer < 0 ? victim.tokens : 0;
      const auto session =
          std::ranges::find(workload.sessions, episode.episode, &simulator::Session::episode);
      REQUIRE(session != workload.sessions.end());
      CHECK(simulator::totals(*session).evicted == 4 * evicted);
      CHECK(simulator::totals(*session).aux_decode == 0);
      CHECK(evicted > 0);
    }
  }
  fs::remove(path);
}

TEST_CASE("A policy that auxiliary threads command needs a trace that has them") {
  SyntheticOptions options = options_of(6);
  options.aux_interval = 0;
  const fs::path path = record({}, options);
  CHECK_THROWS_WITH(
      simulator::project_under_policy(traces::Reader(path), {.name = "sidequest", .params = {}}, 1),
      Catch::Matchers::Contains("auxiliary threads"));
  fs::remove(path);
}
