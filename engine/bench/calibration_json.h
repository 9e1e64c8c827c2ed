// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "engine/bench/calibration.h"
#include "engine/bench/run_clock.h"

namespace pagequest::bench {

/// Where and of what a calibration was made.
struct CalibrationSource {
  std::string version;  // of PageQuest
  std::string commit;
  std::string device;
  std::string model;  // name@hash of the weights
  std::string kv_storage;
  std::int32_t threads = 0;
  std::int32_t page_tokens = 0;
  bool capture = false;
  RunClock clock = RunClock::wall;
};

/// A measured profile, `pagequest.profile.1`, as docs/simulator.md describes it.
[[nodiscard]] std::string profile_json(const Calibration& calibration,
                                       const CalibrationSource& source);

}  // namespace pagequest::bench
