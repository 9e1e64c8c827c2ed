// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "traces/import/request_trace.h"

namespace pagequest::traces {

/// What can be said of a trace before anything is simulated.
struct RequestFigures {
  std::int64_t requests = 0;
  std::int64_t sessions = 0;  // without sub-agents
  std::int64_t agents = 0;    // sub-agents
  std::int64_t blocks = 0;    // ids, repeated ones counted
  std::int64_t unique_blocks = 0;
  std::int64_t blocks_seen_before = 0;  // ids that an earlier place of the trace has too
  /// Ids that do not always follow the same id (or the start of the prompt): none, where ids are
  /// prefix-chained.
  std::int64_t ids_with_two_predecessors = 0;
  double mean_input_tokens = 0;
  double mean_output_tokens = 0;
  std::int64_t last_arrival_ns = -1;  // on the trace's clock
};
[[nodiscard]] RequestFigures request_figures(const RequestTrace& trace);

/// Share of the ids that a prefix cache without bounds has when their request comes: a block counts
/// only if all before it in the prompt are there too. In [0, 1]; 0 without ids, and too high with
/// content_only ids (rechain() first). Requests are taken in the order of the rows, each one ended
/// before the next.
[[nodiscard]] double prefix_hit_ceiling(const RequestTrace& trace);

}  // namespace pagequest::traces
