// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/link.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

constexpr std::int64_t kTicks = 1024;  // per nanosecond
__extension__ typedef __int128 Wide;

}  // namespace

Link::Link(double bytes_per_s, double latency_s)
    : ticks_per_byte_(1e9 * static_cast<double>(kTicks) / bytes_per_s),
      latency_(static_cast<Nanoseconds>(std::llround(latency_s * 1e9))) {
  PQ_CHECK(bytes_per_s > 0.0 && latency_s >= 0.0, "a link moves something");
}

/// Of the transfer that has least left; each gets 1/n of the link.
Nanoseconds Link::next_departure() const {
  const std::int64_t left = std::max<std::int64_t>(0, active_.top().finish - service_);
  const Wide ticks = static_cast<Wide>(left) * static_cast<Wide>(active_.size());
  return served_until_ + static_cast<Nanoseconds>((ticks + kTicks - 1) / kTicks);
}

void Link::serve_until(Nanoseconds time) {
  const Nanoseconds passed = time - served_until_;
  service_ += passed * kTicks / static_cast<std::int64_t>(active_.size());
  busy_ += passed;
  served_until_ = time;
}

void Link::advance(Nanoseconds now) {
  while (!active_.empty()) {
    const Nanoseconds end = next_departure();
    if (end > now) return;
    serve_until(end);
    ended_.push_back({.time = end + latency_, .transfer = active_.top().transfer});
    active_.pop();
  }
}

void Link::start(Nanoseconds now, std::uint64_t transfer, double bytes) {
  advance(now);
  if (active_.empty()) {
    service_ = 0;
    served_until_ = now;
  } else {
    PQ_CHECK(now >= served_until_, "time does not go back");
    serve_until(now);
  }
  const std::int64_t work = std::max<std::int64_t>(1, std::llround(bytes * ticks_per_byte_));
  active_.push({.finish = service_ + work, .sequence = next_sequence_++, .transfer = transfer});
}

Nanoseconds Link::next_end() const {
  if (!ended_.empty()) return ended_.front().time;
  if (active_.empty()) return std::numeric_limits<Nanoseconds>::max();
  return next_departure() + latency_;
}

std::optional<Link::End> Link::pop(Nanoseconds now) {
  advance(now);
  if (ended_.empty() || ended_.front().time > now) return std::nullopt;
  const End end = ended_.front();
  ended_.pop_front();
  return end;
}

}  // namespace pagequest::simulator
