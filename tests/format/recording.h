// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "tests/support/synthetic_kernels.h"
#include "tests/support/synthetic_trace.h"
#include "tests/support/trace_events.h"
#include "tracer/recorder.h"

namespace pagequest::testing {

/// Small enough to be damaged at thousands of places.
inline const SyntheticOptions kSmall{.episodes = 2, .concurrency = 2, .turns = 5};

/// The same with windows, sinks and all captures.
inline const SyntheticOptions kSmallCaptured{
    .episodes = 2, .concurrency = 2, .turns = 5, .captures = all_captures()};

inline std::map<EpisodeId, Stream> expected_streams(const SyntheticOptions& options) {
  traces::EventCollector collector;
  emit_synthetic_trace(options, collector);
  return by_episode(collector.events);
}

inline void record(const std::filesystem::path& path, const SyntheticOptions& options,
                   const tracer::RecorderOptions& recorder_options = {}) {
  tracer::Recorder recorder(path, synthetic_header(options), recorder_options);
  emit_synthetic_trace(options, recorder);
  recorder.close();
}

/// The same with the kernel times of so many forward passes.
inline void record_with_kernels(const std::filesystem::path& path, const SyntheticOptions& options,
                                std::int64_t passes = 20) {
  GivenTimer timer;
  traces::Header header = synthetic_header(options);
  header.kernel_timing = {.clock = "cupti", .copy_gbps = 3000.5, .matmul_tflops = 700.25};
  tracer::Recorder recorder(path, header, {.kernels = &timer});
  emit_synthetic_trace(options, recorder);
  timer.run_passes(passes);
  recorder.close();
}

/// The kernel times of record_with_kernels().
inline traces::KernelBatch expected_kernels(std::int64_t passes = 20) {
  GivenTimer timer;
  timer.run_passes(passes);
  return timer.log().take();
}

/// Whether every episode that the reader finds is one that was emitted, event for event.
inline bool all_episodes_match(const traces::Reader& reader,
                               const std::map<EpisodeId, Stream>& expected) {
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    const auto stream = expected.find(reader.episodes()[i].episode);
    if (stream == expected.end()) return false;
    if (!same_stream(read_episode(reader, i), stream->second)) return false;
  }
  return true;
}

}  // namespace pagequest::testing
