// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/workload/generator/agent_episode.h"
#include "simulator/workload/generator/episode_params.h"

namespace pagequest::simulator {

/// Episodes of a search agent (ReAct: thought, call, response, ... answer). Any episode can be had
/// at any time: it depends on (parameters, seed, index) only.
class AgentGenerator {
 public:
  AgentGenerator(const EpisodeParams& params, std::uint64_t seed) : params_(params), seed_(seed) {}

  /// Episode `index` >= 0, which becomes its id.
  [[nodiscard]] AgentEpisode episode(std::int32_t index) const;

 private:
  EpisodeParams params_;
  std::uint64_t seed_;
};

}  // namespace pagequest::simulator
