// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/tool_latency.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/rng.h"

namespace pagequest::simulator {
namespace {

constexpr std::uint64_t kToolStream = 0x746f6f6cULL;
constexpr std::uint64_t kArrivalStream = 0x61727276ULL;

Nanoseconds to_nanoseconds(double seconds) {
  constexpr double kMostSeconds = 9e9;  // what 64 bits hold
  return static_cast<Nanoseconds>(std::llround(std::min(seconds, kMostSeconds) * 1e9));
}

/// Box and Muller, "A note on the generation of random normal deviates" (1958).
double standard_normal(Rng& rng) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - rng.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * rng.uniform());
}

}  // namespace

Nanoseconds ToolLatency::draw(std::int64_t request, std::int32_t call) const {
  if (sigma_ == 0.0) return to_nanoseconds(median_s_);
  const auto key = (static_cast<std::uint64_t>(request) << 32U) | static_cast<std::uint32_t>(call);
  Rng rng(seed_ ^ kToolStream, key);
  return to_nanoseconds(median_s_ * std::exp(sigma_ * standard_normal(rng)));
}

Nanoseconds PoissonArrivals::gap(std::int64_t index) const {
  Rng rng(seed_ ^ kArrivalStream, static_cast<std::uint64_t>(index));
  return to_nanoseconds(-std::log(1.0 - rng.uniform()) / rate_per_s_);
}

}  // namespace pagequest::simulator
