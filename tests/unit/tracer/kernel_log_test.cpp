// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_log.h"

#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/synthetic_kernels.h"

using namespace pagequest;
using tracer::KernelLog;
using traces::KernelBatch;
using traces::KernelCounts;

TEST_CASE("operations are numbered, and names are kept once, over all that was taken") {
  KernelLog log;
  CHECK(log.begin({.kind = OperationKind::norm}) == 0);
  log.add("norm", {.operation = 0, .start_ns = 100, .duration_ns = 7});
  const KernelBatch first = log.take();
  CHECK(first.names == std::vector<std::string>{"norm"});
  CHECK(log.begin({.kind = OperationKind::attention}) == 1);
  log.add("attention", {.operation = 1, .start_ns = 130, .duration_ns = 8});
  log.add("norm", {.operation = -1, .start_ns = 140, .duration_ns = 9});
  const KernelBatch second = log.take();
  CHECK(second.names == std::vector<std::string>{"attention"});
  REQUIRE(second.operations.size() == 1);
  CHECK(second.operations[0].kind == OperationKind::attention);
  REQUIRE(second.runs.size() == 2);
  CHECK(second.runs[0].name == 1);
  CHECK(second.runs[1].name == 0);
}

TEST_CASE("starts are counted from the first run's, also of runs that began before it") {
  KernelLog log;
  log.add("a", {.start_ns = 5'000'000'000'000, .duration_ns = 10});
  CHECK(log.take().runs[0].start_ns == 0);
  log.add("a", {.start_ns = 5'000'000'000'040, .duration_ns = 10});
  log.add("a", {.start_ns = 4'999'999'999'990, .duration_ns = 10});
  const KernelBatch batch = log.take();
  CHECK(batch.runs[0].start_ns == 40);
  CHECK(batch.runs[1].start_ns == -10);
}

TEST_CASE("what waits is taken once, and the counts go on") {
  KernelLog log;
  log.begin({});
  log.begin({});
  log.add("a", {.operation = 1});
  log.add("b", {});
  log.drop(3);
  CHECK(log.waiting() == 4);
  CHECK(log.take().dropped == 3);
  CHECK(log.waiting() == 0);
  const KernelBatch nothing = log.take();
  CHECK(nothing.operations.empty());
  CHECK(nothing.runs.empty());
  CHECK(nothing.dropped == 0);
  log.drop(1);
  CHECK(log.counts() == KernelCounts{.names = 2, .operations = 2, .runs = 2, .dropped = 4});
  CHECK(log.outside() == 1);
}

TEST_CASE("runs that come from another thread while operations begin are all there") {
  KernelLog log;
  constexpr std::int64_t kOperations = 20000;
  std::thread other([&log] {
    for (int i = 0; i < kOperations; ++i) log.add("run " + std::to_string(i % 5), {.stream = i});
  });
  testing::KernelCollector taken;
  for (int i = 0; i < kOperations; ++i) {
    log.begin({.iteration = i});
    if (i % 100 == 0) taken.on(log.take());
  }
  other.join();
  taken.on(log.take());
  REQUIRE(taken.all.operations.size() == kOperations);
  REQUIRE(taken.all.runs.size() == kOperations);
  CHECK(taken.all.names.size() == 5);
  bool all_in_order = true;
  for (int i = 0; i < kOperations; ++i) {
    const auto at = static_cast<std::size_t>(i);
    all_in_order &= taken.all.operations[at].iteration == i && taken.all.runs[at].stream == i;
  }
  CHECK(all_in_order);
}
