// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "simulator/event_queue.h"

namespace pagequest::simulator {

/// A link whose transfers share its bandwidth equally (egalitarian processor sharing, Kleinrock,
/// Queueing Systems II, section 4.4). Every transfer gets to its first byte a latency later; as it
/// is the same for all, it moves what the link does as a whole, and is added to the ends.
///
/// Inside, time and work are in integer ticks of 1/1024 ns and work is conserved exactly; ends are
/// rounded up to a nanosecond. The result does not depend on when it is asked.
/// Times are less than 2^53 ns (104 days).
class Link {
 public:
  struct End {
    Nanoseconds time;
    std::uint64_t transfer;
  };

  /// Throughput in bytes/s, latency in seconds.
  Link(double bytes_per_s, double latency_s);

  /// `now` must not be before the last one given; `transfer` is the caller's name for it.
  void start(Nanoseconds now, std::uint64_t transfer, double bytes);
  /// When the next transfer ends if none starts before; the largest Nanoseconds if none is under
  /// way.
  [[nodiscard]] Nanoseconds next_end() const;
  /// The next transfer that has ended by `now`: by end, then in the order of their starts.
  std::optional<End> pop(Nanoseconds now);
  /// Time in which it moved something, up to its last start or end.
  [[nodiscard]] double busy_s() const;

 private:
  using LinkTicks = std::int64_t;

  /// Per transfer under way: the service that each of them has got since the link was last idle.
  struct Active {
    LinkTicks finish;  // service at which it ends
    std::uint64_t sequence;
    std::uint64_t transfer;
    bool operator>(const Active& other) const {
      return finish != other.finish ? finish > other.finish : sequence > other.sequence;
    }
  };

  [[nodiscard]] LinkTicks next_departure() const;
  void serve_until(LinkTicks time);
  void advance(Nanoseconds now);

  double ticks_per_byte_;
  Nanoseconds latency_;
  std::priority_queue<Active, std::vector<Active>, std::greater<>> active_;
  std::deque<End> ended_;  // left the link; their ends may be in the future, by the latency
  LinkTicks service_ = 0;
  LinkTicks served_until_ = 0;
  LinkTicks busy_ = 0;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace pagequest::simulator
