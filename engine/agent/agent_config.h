// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "engine/agent/chat/settings.h"
#include "engine/agent/tasks/task.h"
#include "engine/runtime/engine.h"

namespace pagequest::agent {

/// Who names the tool responses that are deleted at turn boundaries.
enum class Memory : std::uint8_t {
  none,       // nobody: the policy scores, or keeps everything
  auxiliary,  // the model, on SideQuest's auxiliary thread
  hindsight,  // the task's own hindsight on its expert, at every turn: an oracle, for comparison
};

/// As many episodes as the task's file has; one if the task never ends.
inline constexpr std::int32_t kAllEpisodes = -1;

/// The task's own limit on generated tokens (Task::limits).
inline constexpr std::int32_t kTaskLimit = -1;

struct AgentConfig {
  std::string task = "pocket-hops";
  std::string setting = "default";
  std::uint64_t seed = 0;
  TaskFiles files;
  std::string chat = "auto";  // format of the model, for tasks without one of their own
  chat::Settings chat_settings;
  std::int32_t first_episode = 0;  // index of the first world
  std::int32_t episodes = kAllEpisodes;
  std::int32_t concurrency = 32;  // episodes in flight
  Memory memory = Memory::none;
  std::int32_t aux_interval = 4;              // K of SideQuest's algorithm 1, in turns
  bool aux_at_turn_zero = false;              // algorithm 1 read literally also forks at turn 0
  std::int32_t aux_max_tokens = kTaskLimit;   // then its output counts as malformed
  std::int32_t turn_limit = 40;               // turns
  std::int32_t turn_max_tokens = kTaskLimit;  // then the turn counts as unparsable
  std::int32_t context_limit = 16384;         // positions
  runtime::Sampling sampling;
  kv::PolicySpec policy;
};

}  // namespace pagequest::agent
