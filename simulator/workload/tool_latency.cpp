// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/tool_latency.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "simulator/workload/log_normal.h"

namespace pagequest::simulator {
namespace {

constexpr std::uint64_t kToolStream = 0x746f6f6cULL;
constexpr std::uint64_t kArrivalStream = 0x61727276ULL;

Nanoseconds to_nanoseconds(double seconds) {
  constexpr double kMostSeconds = 9e9;  // what 64 bits hold
  return static_cast<Nanoseconds>(std::llround(std::min(seconds, kMostSeconds) * 1e9));
}

}  // namespace

Nanoseconds ToolLatency::draw(std::int64_t request, std::int32_t call) const {
  const auto key = (static_cast<std::uint64_t>(request) << 32U) | static_cast<std::uint32_t>(call);
  Rng rng(seed_ ^ kToolStream, key);
  return to_nanoseconds(LogNormal{median_s_, sigma_}.draw(rng));
}

Nanoseconds PoissonArrivals::gap(std::int64_t index) const {
  Rng rng(seed_ ^ kArrivalStream, static_cast<std::uint64_t>(index));
  return to_nanoseconds(-std::log(1.0 - rng.uniform()) / rate_per_s_);
}

}  // namespace pagequest::simulator
