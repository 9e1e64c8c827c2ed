// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/policy_replay.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/policies/registry.h"
#include "simulator/recorded_lag.h"
#include "tests/support/short_policies.h"
#include "tests/support/synthetic_trace.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::testing;
using Catch::Matchers::Contains;

namespace {

/// Of SyntheticOptions.
constexpr kv::KvShape kShape{.layers = 2, .kv_heads = 2};

/// Stands for the engine: its controllers decide while the events are emitted, and what they see is
/// what the replays see. Turns are stated as an engine does: of the last TurnBegan at the end of a
/// step, of the coming one at a boundary.
class Engine final : public EventSink {
 public:
  Engine(kv::PolicySpec recorded, kv::PolicySpec replayed, const SyntheticOptions& options)
      : recorded_(std::move(recorded)), replayed_(std::move(replayed)), options_(options) {}

  void run() {
    emit_synthetic_trace(options_, *this, [this](EpisodeId id, bool boundary) {
      Deciding& thread = at(id);
      thread.boundary = boundary;
      return thread.controller.victims(boundary ? kv::DecisionPoint::turn_boundary
                                                : kv::DecisionPoint::step_end);
    });
  }

  void on(const Event& event) override {
    const EpisodeId id = std::visit([](const auto& e) { return e.episode; }, event);
    Deciding& thread = at(id);
    if (!tells_of_eviction(event)) requantise(id, thread);
    Event stated = event;
    if (auto* evicted = std::get_if<TokensEvicted>(&stated); evicted != nullptr) {
      if (!thread.boundary) evicted->turn = thread.turn;
    }
    if (auto* evicted = std::get_if<HeadTokensEvicted>(&stated); evicted != nullptr) {
      if (!thread.boundary) evicted->turn = thread.turn;
    }
    if (const auto* turn = std::get_if<TurnBegan>(&stated)) thread.turn = turn->turn;
    if (const auto* filled = std::get_if<TokensFilled>(&stated)) {
      if (filled->thread == Thread::main) thread.step = filled->step;
    }
    if (tamper_) tamper_(stated);
    thread.controller.observe(stated);
    thread.replay.on(stated);
  }

  [[nodiscard]] EpisodeReplay take(std::int32_t episode) {
    return at(EpisodeId{episode}).replay.take();
  }
  void tamper(std::function<void(Event&)> change) { tamper_ = std::move(change); }

 private:
  struct Deciding {
    kv::EvictionController controller;
    PolicyReplay replay;
    std::int32_t turn = 0;
    std::int32_t step = -1;
    bool boundary = false;
  };
  static bool tells_of_eviction(const Event& event) {
    return std::holds_alternative<HeadTokensEvicted>(event) ||
           std::holds_alternative<TokensEvicted>(event) || std::holds_alternative<PageFreed>(event);
  }

  /// What the last decision stores otherwise, behind what it dropped.
  void requantise(EpisodeId id, Deciding& thread) {
    for (const TokensRequantised& change :
         thread.controller.take_requantised(id, thread.step, thread.turn)) {
      thread.controller.observe(change);
      thread.replay.on(change);
    }
  }

  Deciding& at(EpisodeId id) {
    const auto found = threads_.find(id);
    if (found != threads_.end()) return found->second;
    return threads_
        .emplace(id, Deciding{kv::EvictionController(recorded_, options_.page_size, 0, kShape),
                              PolicyReplay(replayed_, options_.page_size, 0, kShape)})
        .first->second;
  }

  kv::PolicySpec recorded_;
  kv::PolicySpec replayed_;
  SyntheticOptions options_;
  std::map<EpisodeId, Deciding> threads_;
  std::function<void(Event&)> tamper_;
};

std::int32_t evicted_tokens(const EpisodeReplay& episode) {
  return std::accumulate(episode.replayed.begin(), episode.replayed.end(), 0,
                         [](std::int32_t sum, const Victim& v) { return sum + v.tokens; });
}

}  // namespace

TEST_CASE("A replay comes to the recorded victims, for every policy, budget and seed") {
  auto captures = GENERATE(SyntheticCaptures{}, all_captures());
  captures.requantisations = false;  // the policies' own alone
  for (const kv::PolicyEntry& entry : kv::policies()) {
    const bool budgeted = kv::needs_of({.name = std::string(entry.name)}).budget;
    for (const std::int32_t budget : {48, 64, 96}) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const kv::PolicySpec policy{.name = std::string(entry.name),
                                    .params = short_params(entry.name),
                                    .budget_tokens = budgeted ? budget : 0};
        const SyntheticOptions options{
            .episodes = 4, .concurrency = 3, .seed = seed, .captures = captures};
        Engine engine(policy, policy, options);
        engine.run();
        std::int32_t evicted = 0;
        for (std::int32_t id = 0; id < options.episodes; ++id) {
          const EpisodeReplay episode = engine.take(id);
          INFO(entry.name << ", budget " << budget << ", seed " << seed << ", episode " << id);
          REQUIRE(episode.recorded == episode.replayed);
          REQUIRE(episode.live_tokens == episode.recorded_live_tokens);
          evicted += evicted_tokens(episode);
        }
        INFO(entry.name << ", budget " << budget << ", seed " << seed);
        CHECK((evicted > 0) == (entry.trigger != kv::Trigger::never));
      }
    }
  }
}

TEST_CASE("A trace whose victims are not the policy's is found out") {
  const kv::PolicySpec policy{.name = "streaming", .params = {}, .budget_tokens = 48};
  Engine engine(policy, policy, {.episodes = 1, .concurrency = 1});
  int evictions = 0;
  engine.tamper([&](Event& event) {
    auto* evicted = std::get_if<TokensEvicted>(&event);
    if (evicted != nullptr && ++evictions == 3) evicted->tokens -= 1;
  });
  engine.run();
  const EpisodeReplay episode = engine.take(0);
  REQUIRE(evictions >= 3);
  CHECK_FALSE(episode.identical());
  CHECK(episode.recorded.size() == episode.replayed.size());
}

TEST_CASE("On a full-cache trace a budget policy stays within its budget") {
  auto captures = GENERATE(SyntheticCaptures{}, all_captures());
  captures.requantisations = false;  // the policies' own alone
  for (const char* name : {"streaming", "h2o"}) {
    const kv::PolicySpec full{.name = "full", .params = {}, .budget_tokens = 0};
    const kv::PolicySpec budget{.name = name, .params = {}, .budget_tokens = 64};
    const SyntheticOptions options{.episodes = 2, .aux_interval = 0, .captures = captures};
    Engine engine(full, budget, options);
    engine.run();
    for (std::int32_t id = 0; id < 2; ++id) {
      const EpisodeReplay episode = engine.take(id);
      CHECK(episode.recorded.empty());
      CHECK_FALSE(episode.replayed.empty());
      CHECK(*std::max_element(episode.live_tokens.begin(), episode.live_tokens.end()) <= 64);
      CHECK(*std::max_element(episode.recorded_live_tokens.begin(),
                              episode.recorded_live_tokens.end()) > 64);
      CHECK(episode.live_tokens.size() == episode.recorded_live_tokens.size());
    }
  }
}

// Uniform attention: a page's mass is its share of the live tokens, so a recorded row restricted to
// the live pages and scaled to 1 is the row that a run under the policy would have had, and the
// first-order replay is exact.
TEST_CASE("With attention that is uniform over live tokens the first-order replay is exact") {
  const kv::PolicySpec full{.name = "full", .params = {}, .budget_tokens = 0};
  const kv::PolicySpec h2o{.name = "h2o", .params = {}, .budget_tokens = 72};
  const SyntheticOptions options{
      .episodes = 2, .aux_interval = 0, .shape = AttentionShape::uniform, .seed = 5};
  Engine as_recorded(h2o, h2o, options);
  as_recorded.run();
  Engine what_if(full, h2o, options);
  what_if.run();
  for (std::int32_t id = 0; id < 2; ++id) {
    const auto spans = [](const std::vector<Victim>& victims) {
      std::vector<std::pair<std::int32_t, std::int32_t>> out;
      for (const Victim& victim : victims) out.emplace_back(victim.step, victim.span.first);
      return out;
    };
    const auto expected = spans(as_recorded.take(id).recorded);
    REQUIRE_FALSE(expected.empty());
    CHECK(spans(what_if.take(id).replayed) == expected);
  }
}

TEST_CASE("A policy that reads attention refuses a trace without it") {
  PolicyReplay replay({.name = "h2o", .params = {}, .budget_tokens = 64}, 8);
  const std::vector<std::int32_t> tokens = {1, 2, 3};
  replay.on(EpisodeBegan{EpisodeId{0}});
  replay.on(TokensFilled{EpisodeId{0}, Thread::main, StepKind::prefill, 0, 0, 0, tokens});
  CHECK_THROWS_WITH(replay.take(), Contains("no attention"));
}

TEST_CASE("A replay says how far it can be trusted") {
  traces::Header header;
  header.policy = "full";
  const kv::PolicySpec full{.name = "full", .params = {}, .budget_tokens = 0};
  const kv::PolicySpec streaming{.name = "streaming", .params = {}, .budget_tokens = 64};
  CHECK(validity(header, full) == Validity::same_policy);
  CHECK(validity(header, streaming) == Validity::first_order);
  header.policy = "streaming";
  header.budget_tokens = 64;
  header.policy_params = kv::resolved_params(streaming);
  CHECK(validity(header, streaming) == Validity::same_policy);
  CHECK(validity(header, recorded_policy(header)) == Validity::same_policy);
  CHECK(validity(header, full) == Validity::off_policy);
  header.budget_tokens = 65;
  CHECK(validity(header, streaming) == Validity::off_policy);
  header.policy = "hindsight";
  CHECK_THROWS_WITH(recorded_policy(header), Contains("sidequest"));
}

TEST_CASE("A replay reads how late decisions took effect from the recorded configuration") {
  traces::Header header;
  CHECK(recorded_lag_steps(header) == 0);
  header.config_json = R"({"policy": "h2o"})";
  CHECK(recorded_lag_steps(header) == 0);
  header.config_json = R"({"policy": "h2o", "policy_lag": 2})";
  CHECK(recorded_lag_steps(header) == 2);
  header.config_json = R"({"policy_lag": -1})";
  CHECK_THROWS_WITH(recorded_lag_steps(header), Contains("policy_lag") && Contains("-1"));
  header.config_json = R"({"policy_lag": "one"})";
  CHECK_THROWS_WITH(recorded_lag_steps(header), Contains("a number of steps"));
}

TEST_CASE("The table of a replay sums up its episodes") {
  const kv::PolicySpec full{.name = "full", .params = {}, .budget_tokens = 0};
  const kv::PolicySpec streaming{.name = "streaming", .params = {}, .budget_tokens = 64};
  Engine engine(full, streaming, {.episodes = 1, .concurrency = 1, .aux_interval = 0});
  engine.run();
  const TraceReplay replay{Validity::first_order, streaming, {engine.take(0)}};
  const ResultTable table = policy_replay_table(replay);
  CHECK_THAT(table.description(), Contains("first-order") && Contains("Accuracy never comes"));
  REQUIRE(table.rows().size() == 1);
  CHECK(table.number(0, "evicted_tokens") == evicted_tokens(replay.episodes[0]));
  CHECK(table.number(0, "same_victims") == 0.0);
  CHECK(table.number(0, "peak_live_tokens") < table.number(0, "recorded_peak_live_tokens"));
}
