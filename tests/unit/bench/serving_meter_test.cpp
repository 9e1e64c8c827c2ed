// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/serving_meter.h"

#include <vector>

#include <catch2/catch.hpp>

#include "base/check.h"
#include "engine/bench/serving_run.h"
#include "engine/model/model.h"

namespace {

using namespace pagequest;
using bench::RunClock;
using bench::ServingMeter;

constexpr EpisodeId kEpisode{3};

void fill(ServingMeter& meter, Thread thread, StepKind kind, std::int32_t first,
          std::int32_t count) {
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 1);
  meter.on(TokensFilled{kEpisode, thread, kind, 0, 0, first, tokens});
}

// One turn of three tokens, a tool's response of which one token comes alone, and an answer of two.
TEST_CASE("A meter counts the tokens that turns sample, and times each turn once",
          "[bench][serving]") {
  ServingMeter meter(RunClock::wall);
  meter.on(EpisodeBegan{kEpisode});
  fill(meter, Thread::main, StepKind::prefill, 0, 10);
  meter.on(TurnBegan{kEpisode, 0});
  fill(meter, Thread::main, StepKind::decode, 10, 1);
  fill(meter, Thread::main, StepKind::decode, 11, 1);
  meter.on(ToolResponded{kEpisode, 0, 0, {10, 3}, {13, 4}, "open"});
  fill(meter, Thread::main, StepKind::prefill, 12, 4);
  fill(meter, Thread::main, StepKind::decode, 16, 1);
  meter.on(TurnBegan{kEpisode, 1});
  fill(meter, Thread::main, StepKind::decode, 17, 1);
  meter.on(EpisodeEnded{.episode = kEpisode});
  const auto& samples = meter.samples();
  CHECK(samples.output_tokens == 3 + 2);
  CHECK(samples.turns == 2);
  CHECK(samples.episodes == 1);
  CHECK(samples.episode_ttft_s.size() == 1);
  CHECK(samples.turn_ttft_s.size() == 1);
  CHECK(samples.tpot_s.size() == 2);
  CHECK(samples.episode_latency_s.size() == 1);
}

// Sums written out by hand from the definition: a row reads what is live, itself included.
TEST_CASE("An iteration's shape counts what its rows read", "[bench][serving]") {
  ServingMeter meter(RunClock::wall);
  meter.on(EpisodeBegan{kEpisode});
  fill(meter, Thread::main, StepKind::prefill, 0, 10);
  meter.end_iteration();
  meter.on(TurnBegan{kEpisode, 0});
  meter.on(TokensEvicted{kEpisode, 0, 0, {2, 3}, 3});
  meter.on(AuxForked{kEpisode, 0, 0, 10, 1});
  fill(meter, Thread::main, StepKind::decode, 10, 1);
  fill(meter, Thread::auxiliary, StepKind::prefill, 10, 2);
  meter.end_iteration();
  fill(meter, Thread::main, StepKind::decode, 11, 1);
  fill(meter, Thread::auxiliary, StepKind::decode, 12, 1);
  meter.end_iteration();
  const auto& shapes = meter.iterations();
  REQUIRE(shapes.size() == 3);
  CHECK(shapes[0].prefill_pairs == 55);
  CHECK(shapes[0].decodes == 0);
  CHECK(shapes[1].decodes == 1);
  CHECK(shapes[1].decode_reads == 8);
  CHECK(shapes[1].prefill_pairs == 8 + 9);
  CHECK(shapes[1].prefill_tokens == 2);
  CHECK(shapes[2].decodes == 2);
  CHECK(shapes[2].decode_reads == 9 + 10);
  CHECK(shapes[2].iteration == 2);
}

agent::AgentConfig few_episodes() {
  agent::AgentConfig agent;
  agent.seed = 7;
  agent.episodes = 4;
  agent.concurrency = 4;
  agent.policy.name = "full";
  return agent;
}

bench::ServingRun serve(const model::Model& model, std::int32_t pool_pages) {
  return bench::serve_episodes(model, {.pool_pages = pool_pages, .threads = 1}, few_episodes(),
                               RunClock::cpu, [](std::int32_t, std::int32_t) { return true; });
}

TEST_CASE("A small pool costs preemptions and iterations, not tokens", "[bench][serving]") {
  const auto model = model::Model::load("engine/pocket");
  const auto ample = serve(model, 4096);
  const auto small = serve(model, ample.peak_pages * 6 / 10);
  CHECK(ample.preemptions == 0);
  CHECK(small.preemptions > 0);
  CHECK(small.peak_pages <= small.total_pages);
  CHECK(small.iterations > ample.iterations);
  CHECK(small.sampled_tokens == ample.sampled_tokens);
  CHECK(small.samples.output_tokens == ample.samples.output_tokens);
  CHECK(small.samples.turns == ample.samples.turns);
}

TEST_CASE("A run's parts add up", "[bench][serving]") {
  const auto model = model::Model::load("engine/pocket");
  const auto run = serve(model, 4096);
  CHECK(run.samples.episodes == 4);
  CHECK(std::ssize(run.shapes) == run.iterations);
  // Without auxiliary threads every sampled token is a main thread's.
  CHECK(run.samples.output_tokens == run.sampled_tokens);
  double seconds = 0;
  std::int64_t decodes = 0;
  for (const auto& shape : run.shapes) {
    seconds += shape.seconds;
    decodes += shape.decodes;
  }
  CHECK(seconds <= run.run_time_s);
  CHECK(run.agent_time_s < seconds);
  CHECK(decodes >= run.sampled_tokens - run.samples.turns);
}

}  // namespace
