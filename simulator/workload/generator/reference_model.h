// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "simulator/workload/generator/agent_episode.h"
#include "simulator/workload/generator/episode_params.h"

namespace pagequest::simulator {

enum class Action : std::uint8_t { search, open, find };

[[nodiscard]] std::string_view to_string(Action action);

/// What the call of each turn but the last is: a search first, then by the declared shares. A find
/// with no page to look into is an open.
[[nodiscard]] std::vector<Action> draw_actions(const EpisodeParams& params, std::int32_t turns,
                                               Rng& rng);

/// Until when each response is needed. A result page is needed by the opens of its links, each of
/// the newest result page or of the one before, and dies with the last of them or a turn later;
/// one without opened links is read once. A page or find is either cited in the final answer or
/// needed for a geometric number of turns, and by finds as long as it is the newest page.
[[nodiscard]] std::vector<ToolResponse> draw_last_uses(const EpisodeParams& params,
                                                       const std::vector<Action>& actions,
                                                       Rng& rng);

}  // namespace pagequest::simulator
