// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/host_timer.h"

#include <utility>

#include "base/check.h"

namespace pagequest::tracer {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

}  // namespace

void HostTimer::begin(const Operation& operation) {
  PQ_CHECK(number_ == -1, "operations do not nest");
  number_ = log().begin(operation);
  kind_ = operation.kind;
  start_ = Clock::now();
}

void HostTimer::end() {
  const auto now = Clock::now();
  PQ_CHECK(number_ != -1, "an operation that ends has begun");
  const std::string name = std::string(to_string(kind_)) + " (" + suffix_ + ")";
  log().add(name, {.operation = std::exchange(number_, -1),
                   .stream = 0,
                   .start_ns = nanoseconds(start_.time_since_epoch()),
                   .duration_ns = nanoseconds(now - start_)});
}

}  // namespace pagequest::tracer
