// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/events.h"
#include "engine/agent/agent_config.h"
#include "engine/agent/aux_thread.h"
#include "engine/agent/chat/format.h"
#include "engine/agent/episode_meter.h"
#include "engine/runtime/engine.h"

namespace pagequest::agent {

/// One ReAct episode: thought, tool calls, tool responses, again and again until an answer. A turn
/// begins when the response before it has been processed; deletions and forks happen there, before
/// the turn's first token is processed (that token was sampled with the whole context in view).
class Episode {
 public:
  /// Starts the episode's main thread in the engine. All references must outlive the episode.
  Episode(EpisodeId id, std::unique_ptr<World> world, runtime::Engine& engine,
          const chat::Format& format, const EpisodeMeter& meter, const AgentConfig& config);

  /// A token that the engine sampled for one of the episode's sequences.
  void on_token(SequenceId sequence, std::int32_t token);

  [[nodiscard]] const std::optional<EpisodeEnded>& ended() const { return ended_; }
  [[nodiscard]] std::optional<SequenceId> aux_sequence() const { return aux_.sequence(); }
  [[nodiscard]] SequenceId main_sequence() const { return main_; }

 private:
  void begin_turn();
  void on_main_token(std::int32_t token);
  void end_turn();
  void call_tools(const chat::Turn& turn);
  void notify_calls(const chat::Turn& turn, const std::vector<ToolReply>& replies,
                    const std::vector<TokenSpan>& responses);
  void command_hindsight();
  [[nodiscard]] std::vector<chat::OpenCursor> open_cursors() const;
  [[nodiscard]] std::int32_t turn_max_tokens() const;
  void finish(Outcome outcome, Grade grade = {});
  [[nodiscard]] bool fits(std::size_t tokens) const;

  EpisodeId id_;
  std::unique_ptr<World> world_;
  runtime::Engine& engine_;
  const chat::Format& format_;
  const EpisodeMeter& meter_;
  const AgentConfig& config_;
  AuxThread aux_;
  bool has_tools_;
  std::unique_ptr<chat::TurnParser> parser_;  // of the current turn
  SequenceId main_;
  bool between_turns_ = true;
  std::int32_t turn_ = 0;
  std::int32_t calls_ = 0;
  std::set<std::int32_t> live_cursors_;
  std::optional<EpisodeEnded> ended_;
};

}  // namespace pagequest::agent
