// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"

namespace pagequest::kv {

/// What a policy keeps or drops as a whole: a logical page, or a tool response named by its cursor.
enum class Unit : std::uint8_t { page, message };

/// When a policy drops something.
enum class Trigger : std::uint8_t {
  never,
  budget,   // after a step that left more live tokens than the budget: the lowest scores go
  command,  // at a turn boundary, what the model (or an oracle) named in AuxJoined::cursors
};

/// A candidate for eviction.
struct UnitView {
  std::int32_t id;                  // logical page or cursor
  TokenSpan span;                   // positions that it covers
  std::int32_t live_tokens;         // > 0
  std::int32_t last_attended_step;  // last main step whose largest mean mass on it reached the
                                    // controller's threshold; its fill step before that
};

/// Decides which parts of one sequence's KV cache are worth keeping. One object serves one
/// episode's main thread. The same code runs in the engine and in the simulator, so it may depend
/// on its parameters and its events only: no clock, thread, file, unordered iteration order or
/// std::*_distribution; randomness comes from base/rng.h with a seed parameter.
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;

  [[nodiscard]] virtual Unit unit() const = 0;
  [[nodiscard]] virtual Trigger trigger() const = 0;

  /// Notification, in the order of the trace; main-thread and episode events only.
  void observe(const Event& event) { do_observe(event); }

  /// Decision: writes one keep score a candidate, higher = keep. Never called for Trigger::never.
  /// +infinity protects a candidate. NaN is a broken policy and fails a CHECK in the caller.
  void score(std::span<const UnitView> candidates, std::span<float> keep) const {
    do_score(candidates, keep);
  }

  /// Whether the decision reads PagesAttended events, so that a run without them would differ.
  [[nodiscard]] virtual bool needs_attention() const { return false; }

  /// For Unit::message: whether a dropped response takes the model's call along.
  [[nodiscard]] virtual bool evicts_call() const { return false; }

  /// For Trigger::command: ids named since the last call of clear_commands(), ascending.
  [[nodiscard]] virtual std::vector<std::int32_t> commanded() const { return {}; }
  virtual void clear_commands() {}

  /// For Trigger::budget: the least budget that leaves the policy something to choose, in tokens.
  [[nodiscard]] virtual std::int32_t minimum_budget_tokens() const { return 0; }

 private:
  virtual void do_observe(const Event& event) = 0;
  virtual void do_score(std::span<const UnitView> candidates, std::span<float> keep) const = 0;
};

}  // namespace pagequest::kv
