// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace pagequest::simulator {

/// What a run showed of its queue. `early` and `late` are means over the second and the fourth
/// quarter of the interval in which requests arrived: the first one fills an empty server.
struct QueueEvidence {
  double arrived = 0.0;  // requests from the middle of `early` to the middle of `late`; 0: a closed
                         // loop, where one arrives when one leaves
  double waiting_early = 0.0;
  double waiting_late = 0.0;  // requests without a place in the batch
  double served_late = 0.0;   // requests in service
};

enum class Saturation : std::uint8_t {
  stable,
  backlogged,  // the queue is long, but does not grow
  overloaded,  // the queue grows for as long as requests arrive
};

[[nodiscard]] std::string_view to_string(Saturation saturation);

/// Overloaded: more than 5 % of what arrived between the two quarters, and more than one request,
/// joined the queue for good: arrivals outrun completions by that share, and latencies depend on
/// how long one looks. Backlogged: at least one request waits, and no fewer wait than are served;
/// by Little's law a request then waits for at least as long as it is served. Stable otherwise.
[[nodiscard]] Saturation saturation_of(const QueueEvidence& evidence);

}  // namespace pagequest::simulator
