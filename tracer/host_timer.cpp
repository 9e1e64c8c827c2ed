// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/host_timer.h"

#include <cstddef>
#include <utility>

#include "base/check.h"

namespace pagequest::tracer {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

}  // namespace

HostTimer::HostTimer(std::string_view instruction_set) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    names_[i] = std::string(to_string(static_cast<OperationKind>(i))) + " (" +
                std::string(instruction_set) + ")";
  }
}

void HostTimer::begin(const Operation& operation) {
  PQ_CHECK(number_ == -1, "operations do not nest");
  number_ = log().begin(operation);
  kind_ = operation.kind;
  start_ = Clock::now();
}

void HostTimer::end() {
  const auto now = Clock::now();
  PQ_CHECK(number_ != -1, "an operation that ends has begun");
  log().add(names_[static_cast<std::size_t>(kind_)],
            {.operation = std::exchange(number_, -1),
             .stream = 0,
             .start_ns = nanoseconds(start_.time_since_epoch()),
             .duration_ns = nanoseconds(now - start_)});
}

}  // namespace pagequest::tracer
