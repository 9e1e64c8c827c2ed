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

Nanoseconds rounded_up(std::int64_t ticks) { return (ticks + kTicks - 1) / kTicks; }

}  // namespace

Link::Link(double bytes_per_s, double latency_s)
    : ticks_per_byte_(1e9 * static_cast<double>(kTicks) / bytes_per_s),
      latency_(static_cast<Nanoseconds>(std::llround(latency_s * 1e9))) {
  PQ_CHECK(bytes_per_s > 0.0 && latency_s >= 0.0, "a link moves something");
}

/// Of the transfer that has least left; each gets 1/n of the link.
Link::LinkTicks Link::next_departure() const {
  const auto left = std::max<LinkTicks>(0, active_.top().finish - service_);
  return served_until_ + left * static_cast<LinkTicks>(active_.size());
}

/// In whole ticks of each; what is left of `time` then is served later, so that no work is lost.
void Link::serve_until(LinkTicks time) {
  const auto transfers = static_cast<LinkTicks>(active_.size());
  const LinkTicks each = (time - served_until_) / transfers;
  service_ += each;
  served_until_ += each * transfers;
  busy_ += each * transfers;
}

void Link::advance(Nanoseconds now) {
  while (!active_.empty()) {
    const LinkTicks end = next_departure();
    if (end > now * kTicks) return;
    serve_until(end);
    ended_.push_back({.time = rounded_up(end) + latency_, .transfer = active_.top().transfer});
    active_.pop();
  }
}

void Link::start(Nanoseconds now, std::uint64_t transfer, double bytes) {
  advance(now);
  if (active_.empty()) {
    service_ = 0;
    served_until_ = now * kTicks;
  } else {
    PQ_CHECK(now * kTicks >= served_until_, "time does not go back");
    serve_until(now * kTicks);
  }
  const std::int64_t work = std::max<std::int64_t>(1, std::llround(bytes * ticks_per_byte_));
  active_.push({.finish = service_ + work, .sequence = next_sequence_++, .transfer = transfer});
}

double Link::busy_s() const { return static_cast<double>(busy_) * (1e-9 / kTicks); }

Nanoseconds Link::next_end() const {
  if (!ended_.empty()) return ended_.front().time;
  if (active_.empty()) return std::numeric_limits<Nanoseconds>::max();
  return rounded_up(next_departure()) + latency_;
}

std::optional<Link::End> Link::pop(Nanoseconds now) {
  advance(now);
  if (ended_.empty() || ended_.front().time > now) return std::nullopt;
  const End end = ended_.front();
  ended_.pop_front();
  return end;
}

}  // namespace pagequest::simulator
