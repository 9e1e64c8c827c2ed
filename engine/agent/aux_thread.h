// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "engine/agent/agent_config.h"
#include "engine/agent/chat/format.h"
#include "engine/runtime/engine.h"

namespace pagequest::agent {

/// SideQuest's auxiliary thread of one episode (section 3.2): forked from the main thread every K
/// turns, it decodes in the same batches, and its command is applied at the turn boundary after it
/// has finished. At most one is alive; a fork that falls due meanwhile is skipped until the next
/// multiple of K. Its pages are given back when it joins.
class AuxThread {
 public:
  AuxThread(runtime::Engine& engine, const chat::Format& format, const AgentConfig& config)
      : engine_(engine), format_(format), config_(config) {}

  /// Phase 1 of algorithm 1: if the thread has finished, passes its command to the policy and gives
  /// its pages back. Returns the cursors to delete.
  std::vector<std::int32_t> join_if_finished(EpisodeId episode, SequenceId main, std::int32_t turn);
  /// Phase 2: forks from what the evictions of phase 1 have left. The thread may name the cursors
  /// of `open` only: what the main thread opens meanwhile, it has not seen. A thread that has no
  /// room left in the context is not forked.
  void fork_if_due(EpisodeId episode, SequenceId main, std::int32_t turn,
                   std::span<const chat::OpenCursor> open);
  [[nodiscard]] bool owns(SequenceId sequence) const { return sequence_ == sequence; }
  void on_token(std::int32_t token);
  /// The sequence to be told apart by the runner; nothing while none is alive.
  [[nodiscard]] std::optional<SequenceId> sequence() const { return sequence_; }
  /// Gives the pages back; what the thread would have named is lost.
  void abandon();

 private:
  [[nodiscard]] bool is_due(std::int32_t turn) const;
  [[nodiscard]] bool is_full() const;

  runtime::Engine& engine_;
  const chat::Format& format_;
  const AgentConfig& config_;
  std::optional<SequenceId> sequence_;
  bool finished_ = false;
  bool overran_ = false;
  std::set<std::int32_t> known_cursors_;
  std::vector<std::int32_t> generated_;
};

}  // namespace pagequest::agent
