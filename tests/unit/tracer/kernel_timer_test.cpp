// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_timer.h"

#include <chrono>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tracer/device_event_timer.h"
#include "tracer/host_timer.h"

using namespace pagequest;
using tracer::KernelClock;
using tracer::make_kernel_timer;
using traces::KernelBatch;

namespace {

constexpr Operation kAttention{.iteration = 4,
                               .layer = 2,
                               .kind = OperationKind::attention,
                               .phase = Phase::prefill,
                               .bytes = 1000,
                               .flops = 2000};

void sleep_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

/// The error of a call that must throw one.
template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("no error was thrown");
}

}  // namespace

TEST_CASE("the host's clock gives one run an operation, named after it and the instruction set") {
  tracer::HostTimer timer("avx2");
  timer.begin(kAttention);
  sleep_ms(3);
  timer.end();
  sleep_ms(2);
  timer.begin({.kind = OperationKind::sample});
  timer.end();
  const KernelBatch batch = timer.log().take();
  REQUIRE(batch.operations.size() == 2);
  CHECK(batch.operations[0].bytes == 1000);
  CHECK(batch.operations[0].layer == 2);
  CHECK(batch.names == std::vector<std::string>{"attention (avx2)", "sample (avx2)"});
  REQUIRE(batch.runs.size() == 2);
  CHECK(batch.runs[0].operation == 0);
  CHECK(batch.runs[0].start_ns == 0);
  CHECK(batch.runs[0].duration_ns >= 3'000'000);
  CHECK(batch.runs[1].operation == 1);
  // What lies between two operations belongs to neither.
  CHECK(batch.runs[1].start_ns >= batch.runs[0].duration_ns + 2'000'000);
  CHECK(batch.runs[1].stream == batch.runs[0].stream);
}

TEST_CASE("a device's own times are taken as they are measured, whenever that is") {
  tracer::DeviceEventTimer timer;
  CHECK(timer.wants_device_times());
  timer.begin(kAttention);
  timer.end();
  CHECK(timer.log().counts().runs == 0);
  timer.measured(kAttention, 7000, 250);
  timer.measured({.kind = OperationKind::download}, 7100, 50);
  const KernelBatch batch = timer.log().take();
  REQUIRE(batch.operations.size() == 2);
  CHECK(batch.operations[0].flops == 2000);
  CHECK(batch.names == std::vector<std::string>{"attention", "download"});
  CHECK(batch.runs[0] == traces::KernelRun{.operation = 0, .name = 0, .duration_ns = 250});
  CHECK(batch.runs[1] ==
        traces::KernelRun{.operation = 1, .name = 1, .start_ns = 100, .duration_ns = 50});
}

TEST_CASE("the processor is timed by the host's clock") {
  for (const auto wanted : {KernelClock::automatic, KernelClock::host}) {
    const auto chosen = make_kernel_timer(wanted, false, "avx2");
    CHECK(chosen.timer->clock() == "host");
    CHECK_FALSE(chosen.timer->wants_device_times());
    CHECK(chosen.refusal.empty());
  }
}

TEST_CASE("a clock that the device lacks is a usage error that names those it has") {
  for (const auto wanted : {KernelClock::cupti, KernelClock::events}) {
    const Error error = error_of([&] { (void)make_kernel_timer(wanted, false, ""); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.info().expected == "auto or host on the processor");
  }
  const Error error = error_of([] { (void)make_kernel_timer(KernelClock::host, true, ""); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK(error.info().expected == "auto, cupti or events on a GPU");
}

TEST_CASE("clocks have names, and an unknown one is a usage error that lists them") {
  CHECK(tracer::kernel_clock_named("auto") == KernelClock::automatic);
  CHECK(tracer::kernel_clock_named("cupti") == KernelClock::cupti);
  CHECK(tracer::kernel_clock_named("events") == KernelClock::events);
  CHECK(tracer::kernel_clock_named("host") == KernelClock::host);
  const Error error = error_of([] { (void)tracer::kernel_clock_named("CUPTI"); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK(error.info().expected == "off, auto, cupti, events, host");
}

TEST_CASE("a GPU's events measure where they are asked for") {
  const auto chosen = make_kernel_timer(KernelClock::events, true, "");
  CHECK(chosen.timer->clock() == "cuda-events");
  CHECK(chosen.refusal.empty());
}

TEST_CASE("where CUPTI does not start, a GPU's events measure, and the summary says why") {
  tracer::ChosenTimer chosen = make_kernel_timer(KernelClock::automatic, true, "");
  if (chosen.timer->clock() == "cupti") {
    WARN("CUPTI works here: nothing to fall back to");
    CHECK(chosen.refusal.empty());
    return;
  }
  CHECK(chosen.timer->clock() == "cuda-events");
  CHECK(chosen.timer->wants_device_times());
  CHECK(chosen.refusal.find("CUPTI") != std::string::npos);
  CHECK(tracer::summary(chosen).find(chosen.refusal) != std::string::npos);
  CHECK(error_of([] { (void)make_kernel_timer(KernelClock::cupti, true, ""); }).kind() ==
        ErrorKind::device);
}

TEST_CASE("the summary counts runs, operations and what is missing") {
  tracer::ChosenTimer chosen = make_kernel_timer(KernelClock::events, true, "");
  chosen.timer->measured(kAttention, 0, 1);
  chosen.timer->log().add("copy", {});
  chosen.timer->log().drop(7);
  CHECK(tracer::summary(chosen) ==
        "kernel times: cuda-events, 2 runs of 1 operations, 7 dropped, 1 outside of operations");
}
