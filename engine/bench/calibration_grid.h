// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/event_sink.h"
#include "engine/bench/calibration.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine.h"

namespace pagequest::bench {

/// Tokens by which a decoding sequence grows while all points of one context are measured.
[[nodiscard]] std::int64_t drift_tokens(std::span<const BatchPoint> points,
                                        std::int32_t repetitions);

/// Ignores events; asks for attention only to have it captured.
class IndifferentSink final : public EventSink {
 public:
  explicit IndifferentSink(bool wants_attention) : wants_attention_(wants_attention) {}
  void on(const Event& /*event*/) override {}
  [[nodiscard]] bool wants_attention() const override { return wants_attention_; }

 private:
  bool wants_attention_;
};

/// One engine whose sequences are taken from context to context. The prompt chunks are read by
/// forks of one more sequence, so that each repetition finds the same context.
class CalibrationGrid {
 public:
  /// `config` resolved; all references must outlive the grid. `points` as points_of() gives them.
  CalibrationGrid(const model::Model& model, const runtime::EngineConfig& config,
                  const runtime::BackendMaker& maker, const CalibrationPlan& plan,
                  std::span<const BatchPoint> points);

  /// Seconds of each point's repetitions, in the order of the points; empty: progress ended it.
  /// `done` of `planned` steps are told of on the way, and counted on.
  [[nodiscard]] std::vector<std::vector<double>> measure(const CalibrationProgress& progress,
                                                         std::int64_t& done, std::int64_t planned);

  /// Steps that a measurement of so many points times.
  [[nodiscard]] static std::int64_t steps(std::size_t points, std::int32_t repetitions);

 private:
  void grow(SequenceId sequence, std::int32_t position);
  void grow_all(std::span<const BatchPoint> points);
  [[nodiscard]] bool finish_input(const CalibrationProgress& progress, std::int64_t done,
                                  std::int64_t planned);
  void append_token(std::size_t decoder);
  void decode_again(const BatchPoint& point);
  [[nodiscard]] double timed(const BatchPoint& point);
  [[nodiscard]] std::vector<std::int32_t> random_tokens(std::int32_t count);

  const CalibrationPlan& plan_;
  std::span<const BatchPoint> points_;
  std::int32_t vocabulary_;
  IndifferentSink sink_;
  runtime::Engine engine_;
  std::vector<SequenceId> decoders_;
  SequenceId prompt_;       // whose forks read the chunks
  std::size_t in_use_ = 0;  // decoders at the current context
  std::size_t next_ = 0;    // decoder of the next batch
  std::uint64_t draws_ = 0;
};

}  // namespace pagequest::bench
