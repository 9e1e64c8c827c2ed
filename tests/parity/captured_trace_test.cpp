// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What the engine captures of a model with sliding windows and attention sinks goes through a file
// unchanged, keeps the rules of `pagequest check`, and leads a replay to the engine's evictions.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/policies/registry.h"
#include "engine/model/random_model.h"
#include "engine/runtime/engine.h"
#include "simulator/policy_replay.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_events.h"
#include "tracer/recorder.h"
#include "traces/check.h"
#include "traces/reader.h"

using namespace pagequest;

namespace {

constexpr std::int32_t kPromptTokens = 150;
constexpr std::int32_t kDecodeSteps = 60;

model::Model windowed_model(const std::vector<std::int32_t>& windows) {
  model::ModelConfig config = model::named_geometry("tiny");
  config.windows.clear();
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    config.windows.push_back(windows[static_cast<std::size_t>(layer) % windows.size()]);
  }
  config.attention_sinks = true;
  return model::random_model(config, 5, ops::WeightType::f32);
}

runtime::EngineConfig capture_everything() {
  runtime::EngineConfig config;
  config.pool_pages = 1024;
  config.capture_options = {
      .query_heads = true, .thresholds = {0.01F, 0.1F}, .query_cosine = true, .key_bounds = true};
  return config;
}

traces::Header header_of(const model::ModelConfig& model, const runtime::EngineConfig& engine,
                         const kv::PolicySpec& policy) {
  traces::Header header;
  header.policy = policy.name;
  header.policy_params = kv::resolved_params(policy);
  header.budget_tokens = policy.budget_tokens;
  header.page_size = engine.page_size;
  header.layers = model.layers;
  header.query_heads = model.query_heads;
  header.kv_heads = model.kv_heads;
  header.head_dim = model.head_dim;
  header.prefill_rows = engine.prefill_rows;
  header.episodes_planned = 1;
  header.windows = model.windows;
  header.captures = {.sink_share = true,
                     .query_heads = true,
                     .query_cosine = true,
                     .key_bounds = true,
                     .thresholds = engine.capture_options.thresholds};
  return header;
}

/// Totals of an episode without turns, from its events.
EpisodeEnded totals_of(const testing::Stream& events) {
  EpisodeEnded totals{.episode = EpisodeId{0}};
  std::int32_t live = 0;
  for (const auto& event : events) {
    const Event view = event.view();
    if (const auto* filled = std::get_if<TokensFilled>(&view)) {
      live += static_cast<std::int32_t>(filled->tokens.size());
      totals.peak_tokens = std::max(totals.peak_tokens, live);
      if (filled->kind == StepKind::decode) totals.kv_reads_tokens += live;
    } else if (const auto* evicted = std::get_if<TokensEvicted>(&view)) {
      live -= evicted->tokens;
    }
  }
  totals.peak_tokens_with_aux = totals.peak_tokens;
  return totals;
}

/// One sequence that goes on with what it samples. The sink sees one whole episode.
void play(const model::Model& model, const kv::PolicySpec& policy, EventSink& sink) {
  traces::EventCollector seen;
  testing::Tee tee(seen, sink);
  runtime::Engine engine(model, capture_everything(), tee);
  std::vector<std::int32_t> prompt;
  for (std::int32_t i = 0; i < kPromptTokens; ++i) {
    prompt.push_back(i * 37 % model.config().vocabulary);
  }
  const SequenceId sequence = engine.add(EpisodeId{0}, prompt, {}, policy);
  for (std::int32_t decoded = 0; decoded < kDecodeSteps;) {
    for (const runtime::SampledToken& sampled : engine.step()) {
      const std::vector<std::int32_t> next{sampled.token};
      engine.append(sequence, next);
      ++decoded;
    }
  }
  sink.on(totals_of(seen.events));
}

}  // namespace

TEST_CASE("What the engine captures with windows and sinks is read back and keeps all rules") {
  const std::vector<std::int32_t> windows =
      GENERATE(std::vector<std::int32_t>{0, 24}, std::vector<std::int32_t>{40},
               std::vector<std::int32_t>{0});
  const kv::PolicySpec policy =
      GENERATE(kv::PolicySpec{.name = "full", .params = {}, .budget_tokens = 0},
               kv::PolicySpec{.name = "h2o", .params = {}, .budget_tokens = 128});
  INFO("windows " << windows.front() << ", " << windows.back() << ", policy " << policy.name);
  const model::Model model = windowed_model(windows);
  const testing::TemporaryFolder folder;
  traces::EventCollector emitted;
  {
    tracer::Recorder recorder(folder / "t.h5",
                              header_of(model.config(), capture_everything(), policy));
    testing::Tee tee(emitted, recorder);
    play(model, policy, tee);
    recorder.close();
  }
  const auto bounded = std::ranges::count_if(emitted.events, [](const auto& event) {
    return std::holds_alternative<KeysBounded>(event.view());
  });
  CHECK(bounded == (kPromptTokens + kDecodeSteps - 1) / capture_everything().page_size);
  const traces::Reader trace(folder / "t.h5");
  REQUIRE(trace.episodes().size() == 1);
  CHECK(testing::same_stream(testing::read_episode(trace, 0), emitted.events));
  for (const auto& finding : traces::check_trace(trace)) {
    FAIL_CHECK(finding.rule << ", step " << finding.step << ": " << finding.message);
  }
  const auto replay = simulator::replay_policy(trace, policy);
  CHECK(replay.episodes.at(0).identical());
  CHECK(replay.episodes.at(0).recorded.empty() == (policy.name == "full"));
}
