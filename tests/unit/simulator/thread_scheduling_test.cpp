// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// scheduler=pagequest, the rules of PageQuest's own engine. That they are the engine's rules is
// held against the engine itself, in tests/cli/calibrate_test.cpp.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/params.h"
#include "simulator/memory/kv_replay.h"
#include "simulator/memory/sequence_kv.h"
#include "simulator/replay.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;
using Catch::Matchers::Contains;

namespace {

SimulationConfig by_threads(std::int32_t sessions, std::int64_t pages) {
  SimulationConfig settings = config();
  settings.scheduler = BatchRule::pagequest;
  settings.concurrency = settings.requests = sessions;
  settings.kv_pages = pages;
  return settings;
}

RunMetrics serve(const std::vector<Session>& sessions, const SimulationConfig& settings) {
  return replay(workload(sessions), h100(), qwen3_8b(), settings).metrics;
}

}  // namespace

TEST_CASE("With ample pages a thread has a step for each chunk and each decoded token") {
  SimulationConfig settings = by_threads(3, 1'000);
  settings.prefill_chunk = 64;
  const RunMetrics metrics = serve({session({Prefill{150}, Decode{20}})}, settings);
  CHECK(metrics.iterations == 3 + 20);  // chunks of 64, 64 and 22, all sessions side by side
  CHECK(metrics.preemptions == 0);
  CHECK(metrics.decode_tokens == 3 * 20);
}

TEST_CASE("A chunk that the batch has no room for is passed over as a whole") {
  SimulationConfig settings = by_threads(2, 1'000);
  settings.max_batch_tokens = 100;
  settings.prefill_chunk = 64;
  const RunMetrics metrics = serve({session({Prefill{64}, Decode{1}})}, settings);
  // The first prompt; the other one beside the first one's decoded token; that one's token.
  CHECK(metrics.iterations == 3);
}

TEST_CASE("Where each thread is by itself, who starves takes the latest one's pages") {
  const RunMetrics metrics = serve({session({Prefill{64}, Decode{96}})}, by_threads(2, 12));
  CHECK(metrics.preemptions > 0);
  CHECK(metrics.recomputed_tokens >= 96);
  CHECK(metrics.decode_tokens == 2 * 96);
  CHECK(metrics.episode_latency.first()[0] < metrics.episode_latency.first()[1]);
}

TEST_CASE("An auxiliary thread that is preempted leaves its main thread what both shared") {
  SequenceKv kv(16);
  kv.grow(Thread::main, 160);
  kv.fork();
  kv.grow(Thread::auxiliary, 8);
  CHECK(kv.pages() == 10 + 1);
  kv.lose(Thread::auxiliary);
  CHECK(kv.pages() == 10);
  CHECK(kv.lost_tokens(Thread::main) == 0);
  CHECK(kv.lost_tokens(Thread::auxiliary) == 160 + 8);
  kv.grow(Thread::auxiliary, 160 + 8);
  CHECK(kv.pages() == 10 + 11);
  CHECK(kv.lost_tokens(Thread::auxiliary) == 0);
}

TEST_CASE("A main thread that is preempted leaves its auxiliary thread what both shared") {
  SequenceKv kv(16);
  kv.grow(Thread::main, 160);
  kv.fork();
  kv.grow(Thread::auxiliary, 8);
  kv.grow(Thread::main, 16);
  kv.lose(Thread::main);
  CHECK(kv.pages() == 10 + 1);
  CHECK(kv.lost_tokens(Thread::main) == 176);
  kv.grow(Thread::main, 176);
  CHECK(kv.pages() == 11 + 10 + 1);
  kv.join();
  CHECK(kv.pages() == 11);
}

TEST_CASE("Threads preempted one by one compute all that they would have without it") {
  const std::vector<Session> sessions = {
      session({Prefill{160}, ForkAux{8, 24}, Decode{40}, JoinAux{}, Decode{1}})};
  const RunMetrics ample = serve(sessions, by_threads(4, 1'000));
  const RunMetrics tight = serve(sessions, by_threads(4, 32));
  CHECK(ample.preemptions == 0);
  CHECK(tight.preemptions > 0);
  CHECK(tight.recomputed_tokens > 0);
  CHECK(tight.aux_tokens == ample.aux_tokens);
  CHECK(tight.decode_tokens == ample.decode_tokens);
  CHECK(tight.peak_pages <= 32);
}

TEST_CASE("A history is recomputed with what was evicted, which goes again where it went") {
  KvReplay replay({{32, {0, 16}}, {48, {16, 16}}}, 60);
  KvExtent kv(16);
  CHECK(replay.next_tokens(kv) == 32);
  replay.advance(kv, 20);
  CHECK(kv.pages() == 2);
  CHECK(replay.next_tokens(kv) == 12);
  replay.advance(kv, 12);
  CHECK(kv.pages() == 1);
  CHECK(replay.next_tokens(kv) == 16);
  replay.advance(kv, 16);
  CHECK(kv.live_tokens() == 16);
  replay.advance(kv, replay.next_tokens(kv));
  CHECK(kv.next_position() == replay.tokens());
  CHECK(kv.pages() == 2);
}

TEST_CASE("Rules of PageQuest's engine keep idle pages, and refuse what would not") {
  const auto with = [](const std::map<std::string, std::string>& given) {
    return SimulationConfig::from(Params("simulation", SimulationConfig::parameters(), given));
  };
  CHECK(with({{"scheduler", "pagequest"}}).scheduler == BatchRule::pagequest);
  CHECK_THROWS_WITH(with({{"scheduler", "pagequest"}, {"idle_kv", "drop"}}), Contains("idle_kv"));
  CHECK_THROWS_WITH(with({{"scheduler", "pagequest"}, {"tiers", "dram"}}), Contains("tiers"));
}
