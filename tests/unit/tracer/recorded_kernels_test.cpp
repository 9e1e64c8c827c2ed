// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <catch2/catch.hpp>

#include "tests/support/synthetic_kernels.h"
#include "tests/support/synthetic_trace.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_events.h"
#include "tracer/recorder.h"
#include "traces/check.h"

using namespace pagequest;
using namespace pagequest::testing;

namespace {

/// Runs some forward passes of a timer before every event.
class Passes final : public EventSink {
 public:
  Passes(GivenTimer& timer, std::int64_t passes, EventSink& next)
      : timer_(timer), passes_(passes), next_(next) {}
  void on(const Event& event) override {
    timer_.run_passes(passes_);
    next_.on(event);
  }

 private:
  GivenTimer& timer_;
  std::int64_t passes_;
  EventSink& next_;
};

class EventCounter final : public EventSink {
 public:
  void on(const Event& /*event*/) override { ++events; }
  std::int64_t events = 0;
};

const SyntheticOptions kOptions{.episodes = 6};

traces::Header header_with_kernels() {
  traces::Header header = synthetic_header(kOptions);
  header.kernel_timing = {.clock = "cupti", .copy_gbps = 3.25e3};
  return header;
}

/// What record() below recorded, from another timer with the same times.
traces::KernelBatch expected_kernels(std::int64_t passes) {
  GivenTimer timer;
  EventCounter counter;
  emit_synthetic_trace(kOptions, counter);
  timer.run_passes(passes * counter.events);
  return timer.log().take();
}

}  // namespace

TEST_CASE("kernel times are read back as they were measured, in parts of any size") {
  const std::int64_t passes = GENERATE(1, 3);  // below and above what is handed over at once
  const TemporaryFolder folder;
  GivenTimer timer;
  {
    tracer::Recorder recorder(folder / "t.h5", header_with_kernels(),
                              {.writer = {.commit_episodes = 1}, .kernels = &timer});
    Passes engine(timer, passes, recorder);
    emit_synthetic_trace(kOptions, engine);
    CHECK(timer.finishes == 0);
    recorder.close();
  }
  CHECK(timer.finishes == 1);
  const traces::Reader reader(folder / "t.h5");
  CHECK(reader.header().kernel_timing == header_with_kernels().kernel_timing);
  const traces::KernelBatch expected = expected_kernels(passes);
  CHECK(same_kernels(kernels_in(reader), expected));
  CHECK(reader.kernel_counts() == timer.log().counts());
  CHECK(expected.runs.size() > 10000);
  CHECK(traces::check_trace(reader).empty());
}

TEST_CASE("events are the same with and without kernel times beside them") {
  const TemporaryFolder folder;
  GivenTimer timer;
  {
    tracer::Recorder recorder(folder / "t.h5", header_with_kernels(), {.kernels = &timer});
    Passes engine(timer, 1, recorder);
    emit_synthetic_trace(kOptions, engine);
    recorder.close();
  }
  traces::EventCollector emitted;
  emit_synthetic_trace(kOptions, emitted);
  const auto expected = by_episode(emitted.events);
  const traces::Reader reader(folder / "t.h5");
  REQUIRE(reader.episodes().size() == expected.size());
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    CHECK(same_stream(read_episode(reader, i), expected.at(reader.episodes()[i].episode)));
  }
}

TEST_CASE("a recording that ends with an error keeps the kernel times of what had run") {
  const TemporaryFolder folder;
  GivenTimer timer;
  {
    tracer::Recorder recorder(folder / "t.h5", header_with_kernels(), {.kernels = &timer});
    emit_synthetic_trace(kOptions, recorder);
    timer.run_passes(5);
  }
  CHECK(timer.finishes == 1);
  const traces::Reader reader(traces::partial_path(folder / "t.h5"));
  CHECK(reader.kernel_counts() == timer.log().counts());
  CHECK(reader.kernel_counts().operations == 5 * kOperationKinds);
}

TEST_CASE("a trace without kernel times has none") {
  const TemporaryFolder folder;
  {
    tracer::Recorder recorder(folder / "t.h5", synthetic_header(kOptions));
    emit_synthetic_trace(kOptions, recorder);
    recorder.close();
  }
  const traces::Reader reader(folder / "t.h5");
  CHECK_FALSE(reader.header().kernel_timing.has_value());
  CHECK(reader.kernel_counts() == traces::KernelCounts{});
  CHECK(kernels_in(reader).runs.empty());
}

TEST_CASE("a trace whose recording timed nothing has a clock and no times") {
  const TemporaryFolder folder;
  GivenTimer timer;
  {
    tracer::Recorder recorder(folder / "t.h5", header_with_kernels(), {.kernels = &timer});
    emit_synthetic_trace(kOptions, recorder);
    recorder.close();
  }
  const traces::Reader reader(folder / "t.h5");
  CHECK(reader.header().kernel_timing->clock == "cupti");
  CHECK(reader.kernel_counts() == traces::KernelCounts{});
  CHECK(traces::check_trace(reader).empty());
}
