// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/device_event_timer.h"

namespace pagequest::tracer {

void DeviceEventTimer::measured(const Operation& operation, std::int64_t start_ns,
                                std::int64_t duration_ns) {
  const std::int64_t number = log().begin(operation);
  log().add(to_string(operation.kind),
            {.operation = number, .start_ns = start_ns, .duration_ns = duration_ns});
}

}  // namespace pagequest::tracer
