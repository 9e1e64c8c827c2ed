// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/thread_pool.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

namespace pagequest::ops {
namespace {

TEST_CASE("Every task runs once, round after round, with any number of threads") {
  const int threads = GENERATE(1, 2, 5);
  ThreadPool pool(threads);
  for (int round = 0; round < 2000; ++round) {
    const std::int64_t count = round % 7;
    std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
    pool.run(count,
             [&](std::int64_t index, std::int64_t) { ++runs[static_cast<std::size_t>(index)]; });
    for (const auto& n : runs) REQUIRE(n == 1);
  }
  CHECK(pool.threads() == threads);
}

TEST_CASE("Two tasks that run at once have different workers") {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> clash = false;
  for (int round = 0; round < 200; ++round) {
    pool.run(16, [&](std::int64_t, std::int64_t worker) {
      auto& counter = inside[static_cast<std::size_t>(worker)];
      if (++counter != 1) clash = true;
      --counter;
    });
  }
  CHECK_FALSE(clash);
}

TEST_CASE("An exception of a task reaches the caller and the pool stays usable") {
  ThreadPool pool(3);
  const auto fail_at_two = [](std::int64_t index, std::int64_t) {
    if (index == 2) throw std::runtime_error("task 2");
  };
  CHECK_THROWS_WITH(pool.run(5, fail_at_two), "task 2");
  std::atomic<int> done = 0;
  pool.run(5, [&](std::int64_t, std::int64_t) { ++done; });
  CHECK(done == 5);
}

}  // namespace
}  // namespace pagequest::ops
