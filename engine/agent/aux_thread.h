// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "engine/agent/agent_config.h"
#include "engine/agent/chat.h"
#include "engine/runtime/engine.h"

namespace pagequest::agent {

/// SideQuest's auxiliary thread of one episode (section 3.2): forked from the main thread every K
/// turns, it decodes in the same batches, and its command is applied at the turn boundary after it
/// has finished. At most one is alive; a fork that falls due meanwhile is skipped until the next
/// multiple of K. Its pages are given back when it joins.
class AuxThread {
 public:
  AuxThread(runtime::Engine& engine, const Chat& chat, const AgentConfig& config)
      : engine_(engine), chat_(chat), config_(config) {}

  /// Phase 1 of algorithm 1: if the thread has finished, passes its command to the policy and gives
  /// its pages back. Returns the cursors to delete.
  std::vector<std::int32_t> join_if_finished(EpisodeId episode, SequenceId main, std::int32_t turn);
  /// Phase 2: forks from what the evictions of phase 1 have left. The thread may name
  /// `live_cursors` only: what the main thread opens meanwhile, it has not seen.
  void fork_if_due(EpisodeId episode, SequenceId main, std::int32_t turn,
                   const std::set<std::int32_t>& live_cursors);
  [[nodiscard]] bool owns(SequenceId sequence) const { return sequence_ == sequence; }
  void on_token(std::int32_t token);
  /// The sequence to be told apart by the runner; nothing while none is alive.
  [[nodiscard]] std::optional<SequenceId> sequence() const { return sequence_; }
  /// Gives the pages back; what the thread would have named is lost.
  void abandon();

 private:
  [[nodiscard]] bool is_due(std::int32_t turn) const;

  runtime::Engine& engine_;
  const Chat& chat_;
  const AgentConfig& config_;
  std::optional<SequenceId> sequence_;
  bool finished_ = false;
  bool overran_ = false;
  std::set<std::int32_t> known_cursors_;
  std::vector<std::int32_t> generated_;
};

}  // namespace pagequest::agent
