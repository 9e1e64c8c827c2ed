// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/run_clock.h"

#include <array>
#include <ctime>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "base/params.h"

namespace pagequest::bench {

std::string_view to_string(RunClock clock) { return clock == RunClock::cpu ? "cpu" : "wall"; }

RunClock run_clock_named(std::string_view name) {
  return value_named("clock", name, std::array{RunClock::cpu, RunClock::wall});
}

void check_clock(RunClock clock, const runtime::EngineConfig& config) {
  const bool one_thread = config.device == runtime::Device::cpu && config.threads == 1;
  if (clock == RunClock::wall || one_thread) return;
  throw usage_error({.what = "processor time misses what other threads or a GPU compute",
                     .where = "option --clock cpu",
                     .found = std::string(runtime::to_string(config.device)) + " with " +
                              std::to_string(config.threads) + " threads",
                     .expected = "--device cpu --threads 1",
                     .hint = "or measure by --clock wall"});
}

double now_s(RunClock clock) {
  timespec now{};
  const int id = clock == RunClock::cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  PQ_CHECK(clock_gettime(id, &now) == 0, "the machine has both clocks");
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace pagequest::bench
