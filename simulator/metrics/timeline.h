// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simulator/event_queue.h"

namespace pagequest::simulator {

/// What the server looked like during an interval of time.
struct ServerState {
  double batch_threads = 0.0;  // in the batch under way; 0: the GPU is idle
  double running = 0.0;        // episodes with pages that compute
  double waiting = 0.0;        // episodes without pages that could compute
  double tool_wait = 0.0;      // episodes that wait for a tool
  double used_pages = 0.0;
  double live_tokens = 0.0;  // resident

  ServerState& operator+=(const ServerState& other);
  ServerState& operator-=(const ServerState& other);
};

/// Means over one interval.
struct TimelineRow {
  Nanoseconds begin = 0;
  Nanoseconds end = 0;
  ServerState mean;
  double output_tokens = 0.0;  // generated in it
};

/// Time-weighted means in at most `max_rows` intervals of equal width: when they don't suffice,
/// neighbours are merged and the width doubles, so memory does not grow with the run.
class Timeline {
 public:
  explicit Timeline(std::size_t max_rows);

  /// The state from the end of the last interval to `end`.
  void add(Nanoseconds end, const ServerState& state);
  /// Tokens that were generated evenly from `begin` to `end`, which is not behind the last
  /// interval.
  void add_tokens(Nanoseconds begin, Nanoseconds end, double tokens);
  [[nodiscard]] std::vector<TimelineRow> rows() const;
  /// Over the whole run.
  [[nodiscard]] TimelineRow overall() const;

 private:
  void merge_neighbours();

  std::size_t max_rows_;
  Nanoseconds width_ = 1'000'000;
  Nanoseconds now_ = 0;
  std::vector<TimelineRow> sums_;  // `mean` holds the integral over time, in ns x value
};

}  // namespace pagequest::simulator
