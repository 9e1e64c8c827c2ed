// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/event_sink.h"
#include "simulator/workload/session.h"
#include "traces/reader.h"

namespace pagequest::simulator {

/// Turns the events of one recorded episode into a session. Each recorded token stands for
/// `token_scale` served ones: position p becomes [scale x p, scale x (p + 1)), so that lengths,
/// spans and evictions keep their proportions. Attention is not needed.
class SessionBuilder final : public EventSink {
 public:
  explicit SessionBuilder(std::int32_t token_scale) : scale_(token_scale) {}

  void on(const Event& event) override;
  [[nodiscard]] bool wants_attention() const override { return false; }

  /// The session after EpisodeEnded. An auxiliary thread that never joined ends with the episode.
  /// Throws input_error if the events are not those of one whole episode, or if the scaled
  /// positions leave 31 bits.
  [[nodiscard]] Session take();

 private:
  void fill(const TokensFilled& event);
  void fill_main(std::int32_t tokens, StepKind kind);
  void fill_aux(std::int64_t tokens, StepKind kind);
  void evict(const TokensEvicted& event);
  void end_call(const ToolResponded& event);
  [[nodiscard]] std::int32_t scaled(std::int64_t tokens) const;

  std::int32_t scale_;
  Session session_;
  TurnTokens turn_;
  std::int32_t turn_decoded_ = 0;   // served tokens
  std::int32_t decoded_first_ = 0;  // recorded positions that the turn has decoded
  std::int32_t decoded_end_ = 0;
  std::int32_t filled_ = 0;           // recorded positions
  std::int64_t aux_filled_ = 0;       // recorded tokens of the auxiliary thread that is alive
  std::int32_t steps_since_aux_ = 0;  // of the main thread since the auxiliary one's last
  std::optional<std::size_t> fork_;   // operation of the auxiliary thread that is alive
  bool in_turn_ = false;
  bool ended_ = false;
};

/// In the order in which episodes began; a trace has them as they ended.
void order_by_episode(Workload& workload);

/// Every whole episode of a trace as a session, in the order of their ids, labelled with what it
/// was recorded under.
[[nodiscard]] Workload project(const traces::Reader& trace, std::int32_t token_scale);

}  // namespace pagequest::simulator
