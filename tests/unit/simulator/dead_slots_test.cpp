// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Evicted tokens that stay where they are, masked (IntentKV's layout).
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/replay.h"
#include "tests/unit/simulator/fixtures.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::simulator::testing;

namespace {

RunMetrics with_layout(std::vector<Operation> program, SimulationConfig settings, bool dead_slots) {
  settings.kv_pages = 1'000;
  settings.dead_slots = dead_slots;
  return replay(workload({session(std::move(program))}), h100(), qwen3_8b(), settings).metrics;
}

}  // namespace

TEST_CASE("Dead slots hold their pages, which are not read") {
  const std::vector<Operation> evicting = {Prefill{320}, Evict{{0, 160}}, Decode{96}};
  const RunMetrics freed = with_layout(evicting, config(), false);
  const RunMetrics dead = with_layout(evicting, config(), true);
  const RunMetrics full = with_layout({Prefill{320}, Decode{96}}, config(), false);
  CHECK(dead.peak_pages == full.peak_pages);
  CHECK(freed.peak_pages < full.peak_pages);
  CHECK(dead.run_time == freed.run_time);
  CHECK(dead.run_time < full.run_time);
}

TEST_CASE("A hole ends what a sequence shares with its next turn; dead slots do not") {
  SimulationConfig settings = config();
  settings.idle_kv = IdleKv::cache;
  const std::vector<Operation> program = {Prefill{320},     Decode{16},  Evict{{0, 160}},
                                          CallTool{"tool"}, Prefill{32}, Decode{8}};
  const RunMetrics freed = with_layout(program, settings, false);
  const RunMetrics dead = with_layout(program, settings, true);
  CHECK(freed.reused_tokens == 0);
  CHECK(dead.reused_tokens == 336);
  CHECK(dead.run_time < freed.run_time);
}
