// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/event_queue.h"

namespace pagequest::simulator {

/// Time of tool calls: log-normal, drawn by (seed, request, call) and so independent of the order
/// in which a simulation gets to them.
class ToolLatency {
 public:
  ToolLatency(double median_s, double sigma, std::uint64_t seed)
      : median_s_(median_s), sigma_(sigma), seed_(seed) {}

  [[nodiscard]] Nanoseconds draw(std::int64_t request, std::int32_t call) const;

 private:
  double median_s_;
  double sigma_;
  std::uint64_t seed_;
};

/// Arrival times of a Poisson process: n, ascending.
class PoissonArrivals {
 public:
  PoissonArrivals(double rate_per_s, std::uint64_t seed) : rate_per_s_(rate_per_s), seed_(seed) {}
  /// Gap before arrival `index`.
  [[nodiscard]] Nanoseconds gap(std::int64_t index) const;

 private:
  double rate_per_s_;
  std::uint64_t seed_;
};

}  // namespace pagequest::simulator
