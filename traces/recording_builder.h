// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/events.h"
#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/recording.h"

namespace pagequest::traces {

/// Turns the events of one episode into rows and blocks of the format.
class RecordingBuilder {
 public:
  /// Called with every full block, numbered from 0 in the order in which blocks were begun (not
  /// ended: the two threads' blocks overlap).
  using TakeBlock = std::function<void(std::int32_t number, RawBlock&& block)>;

  /// Called with the bounds of each KeysBounded, in their order.
  using TakeBounds = std::function<void(KeyBounds&& bounds)>;

  RecordingBuilder(const Header& header, TakeBlock take_block, TakeBounds take_bounds);

  /// Events of the episode, in order. Hands over every open block at EpisodeEnded.
  void on(const Event& event);

  [[nodiscard]] EpisodeRecording take() { return std::move(recording_); }

 private:
  struct OpenBlock {
    RawBlock block;
    std::int32_t number = -1;
  };

  void add(const EpisodeBegan& began);
  void add(const TokensFilled& filled);
  void add(const PagesAttended& attended);
  void add_step_values(const PagesAttended& attended);
  void add(const KeysBounded& bounded);
  void add(const TokensEvicted& evicted);
  void add(const HeadTokensEvicted& evicted);
  void add(const TokensRequantised& requantised);
  void add(const KeysRead& read);
  void add(const PageFreed& freed);
  void add(const TurnBegan& began);
  void add(const ToolResponded& tool);
  void add(const AuxForked& forked);
  void add(const AuxJoined& joined);
  void add(const EpisodeEnded& ended);
  void close(OpenBlock& open);

  TakeBlock take_block_;
  TakeBounds take_bounds_;
  std::size_t cosines_;  // of a step; 0: not captured
  EpisodeRecording recording_;
  std::array<OpenBlock, 2> open_;  // by thread
  std::int32_t blocks_ = 0;
};

}  // namespace pagequest::traces
