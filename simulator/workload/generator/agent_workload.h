// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulator/workload/apply_policy.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Generated episodes as a user asks for them.
struct AgentWorkloadSpec {
  std::string preset = "frames";
  std::map<std::string, std::string> params = {};  // of the preset, as text
  std::uint64_t seed = 0;
  std::int32_t first_episode = 0;
  std::int32_t episodes = 424;  // of FRAMES that SideQuest served (section 4.7)
};

/// The episodes under a policy. Throws as episode_params and apply_policy do.
[[nodiscard]] Workload agent_workload(const AgentWorkloadSpec& spec,
                                      const PolicySettings& settings);

}  // namespace pagequest::simulator
