// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace pagequest::simulator {

/// Simulated time since the start of the run. Integers, so that sums don't depend on their order.
using Nanoseconds = std::int64_t;

/// Order of what happens at the same instant.
enum class Phase : std::uint8_t {
  iteration_end,    // first: returns pages and ends turns, which all others of the instant build on
  transfer_end,     // before what waits for keys and values looks for them
  prefetch_start,   // as early as the next prompt of the instant may look for its blocks
  tool_response,    // before arrivals: an episode under way goes on before a new one comes in
  arrival,          // before the next batch, so that the batch sees every request of the instant
  queueing,         // after arrivals of the instant, in whose order requests that took longer come
  iteration_start,  // last: forms a batch out of everything that is ready by now
};

/// An event is its key: when, in which phase, to whom and which. A subject (a request or a replica)
/// has at most one event of a phase and stamp at an instant, so keys are unique and their order
/// does not depend on the order of insertion. Stamps tell an event that was put off from its
/// successor.
struct SimEvent {
  Nanoseconds time = 0;
  Phase phase = Phase::iteration_end;
  std::int64_t subject = 0;
  std::int64_t stamp = 0;
  constexpr auto operator<=>(const SimEvent&) const = default;
};

/// Future events, earliest first. A second event with the same key is a programmer's mistake.
class EventQueue {
 public:
  EventQueue();
  ~EventQueue();
  void push(const SimEvent& event);
  /// The earliest event. The queue must not be empty.
  SimEvent pop();
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Heap;
  std::unique_ptr<Heap> heap_;
};

}  // namespace pagequest::simulator
