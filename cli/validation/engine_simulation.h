// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/bench/run_clock.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/workload/session.h"

namespace pagequest::cli {

/// What of a profile decides how an engine must run to be compared with it.
struct ProfileHeader {
  std::string model;  // name@hash of the weights
  std::string device;
  std::string kv_storage;
  bench::RunClock clock = bench::RunClock::wall;
  std::int32_t threads = 0;
  std::int32_t page_tokens = 0;
};

/// Throws input_error where the file is no profile of `pagequest calibrate`.
[[nodiscard]] ProfileHeader read_profile_header(const std::filesystem::path& profile);

/// The engine's own rules (engine/runtime/scheduler.h) and their numbers.
struct EngineSettings {
  std::int32_t concurrency = 0;  // episodes in flight, closed loop
  std::int32_t page_tokens = 0;
  std::int64_t kv_pages = 0;
  std::int32_t max_batch_tokens = 0;
  std::int32_t prefill_chunk = 0;
};

/// Serves each session once, as the engine would that the profile was measured on; tools answer at
/// once. The only place of the validation that names a simulator.
[[nodiscard]] simulator::RunMetrics simulate_like_engine(const simulator::Workload& workload,
                                                         const std::filesystem::path& profile,
                                                         const EngineSettings& settings);

}  // namespace pagequest::cli
