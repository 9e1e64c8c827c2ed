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

  /// Applies a finished thread's command, then forks a new one if due.
  void at_turn_boundary(EpisodeId episode, SequenceId main, std::int32_t turn,
                        const std::set<std::int32_t>& live_cursors);
  [[nodiscard]] bool owns(SequenceId sequence) const { return sequence_ == sequence; }
  void on_token(std::int32_t token);
  /// The sequence to be told apart by the runner; nothing while none is alive.
  [[nodiscard]] std::optional<SequenceId> sequence() const { return sequence_; }
  /// Gives the pages back; what the thread would have named is lost.
  void abandon();

  /// Cursors deleted by the join of the last boundary.
  [[nodiscard]] const std::vector<std::int32_t>& deleted() const { return deleted_; }

 private:
  void join(EpisodeId episode, SequenceId main, std::int32_t turn,
            const std::set<std::int32_t>& live_cursors);
  [[nodiscard]] bool is_due(std::int32_t turn) const;
  void fork(EpisodeId episode, SequenceId main, std::int32_t turn);

  runtime::Engine& engine_;
  const Chat& chat_;
  const AgentConfig& config_;
  std::optional<SequenceId> sequence_;
  bool finished_ = false;
  bool overran_ = false;
  std::vector<std::int32_t> generated_;
  std::vector<std::int32_t> deleted_;
};

}  // namespace pagequest::agent
