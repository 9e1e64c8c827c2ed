// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// What is known of a tool response beyond its tokens.
struct ToolResponse {
  std::int32_t turn;      // whose call it answers; in the context of later turns only
  std::int32_t last_use;  // last turn that needs it; equal to `turn` if none does
};

/// An agent's episode under no policy: nothing is evicted, no auxiliary thread runs. Responses are
/// numbered by their cursors, 0, 1, 2... in the order of the CallTool operations.
struct AgentEpisode {
  Session session;
  std::vector<ToolResponse> responses;  // (cursor)
};

}  // namespace pagequest::simulator
