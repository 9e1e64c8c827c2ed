// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/events.h"

namespace pagequest::kv {

struct ReadSelection;

/// What a policy keeps or drops as a whole: a logical page, or a tool response named by its cursor.
enum class Unit : std::uint8_t { page, message };

/// When a policy drops something.
enum class Trigger : std::uint8_t {
  never,
  budget,   // after a step that left more live tokens than the budget: the lowest scores go
  command,  // at a turn boundary, what the policy, the model or an oracle named
  rule,     // after a step, what a rule of the policy's own says: no budget, sizes are emergent
};

/// Who shares what a policy keeps. Each sharer has a budget, scores and victims of its own.
enum class Sharing : std::uint8_t {
  all,    // all layers and heads keep the same tokens
  layer,  // the KV heads of a layer do
  head,   // each KV head of each layer keeps tokens of its own
};

[[nodiscard]] std::string_view to_string(Sharing sharing);
/// Throws usage_error that lists the valid names.
[[nodiscard]] Sharing sharing_named(std::string_view name);

/// What counts as the distance of two tokens once tokens between them are gone.
enum class Positions : std::uint8_t {
  original,  // as before: positions keep their gaps
  compact,   // the live tokens that are left between them: gaps close
};

[[nodiscard]] std::string_view to_string(Positions positions);
/// Throws usage_error that lists the valid names.
[[nodiscard]] Positions positions_named(std::string_view name);

/// Layers and KV heads of the model, without which scopes cannot be numbered.
struct KvShape {
  std::int32_t layers = 1;
  std::int32_t kv_heads = 1;
  constexpr bool operator==(const KvShape&) const = default;
};

/// Heads that share a decision: all (-1, -1), a layer's (layer, -1), or one.
struct Scope {
  std::int32_t layer = -1;
  std::int32_t kv_head = -1;
  constexpr bool operator==(const Scope&) const = default;
};

/// Scopes are numbered from 0, layer by layer.
[[nodiscard]] std::int32_t scope_count(Sharing sharing, const KvShape& shape);
[[nodiscard]] Scope scope_at(Sharing sharing, const KvShape& shape, std::int32_t number);
/// -1: not a scope of this sharing.
[[nodiscard]] std::int32_t scope_number(Sharing sharing, const KvShape& shape, const Scope& scope);

/// A main step that has just ended, as a policy's cadence goes by it.
struct StepEnd {
  StepKind kind = StepKind::decode;
  std::int32_t decode_steps = 0;  // of the episode so far, this one included
  std::int32_t length = 0;        // positions so far, evicted ones included
  bool after_prefill = false;     // the first decode step behind a prefill

  /// The step filled these tokens.
  void follow(const TokensFilled& filled) {
    after_prefill = filled.kind == StepKind::decode && kind == StepKind::prefill;
    kind = filled.kind;
    decode_steps += filled.kind == StepKind::decode ? 1 : 0;
    length = filled.first + static_cast<std::int32_t>(filled.tokens.size());
  }
};

/// A candidate for eviction.
struct UnitView {
  std::int32_t id;           // logical page or cursor
  TokenSpan span;            // positions that it covers
  std::int32_t live_tokens;  // > 0
};

/// Bits that an element of stored keys and values takes; those of tokens that no policy has stored
/// otherwise by default.
struct Precision {
  std::int32_t key_bits = 16;
  std::int32_t value_bits = 16;
  constexpr bool operator==(const Precision&) const = default;
};

/// What a rule says of some candidates, which are named by their indices.
struct Verdict {
  struct Stored {
    std::size_t candidate;
    Precision precision;
  };
  std::vector<std::size_t> dropped;  // in the order of dropping
  std::vector<Stored> stored;        // those that change to this precision

  void clear() {
    dropped.clear();
    stored.clear();
  }
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
  [[nodiscard]] virtual Sharing sharing() const { return Sharing::all; }
  /// Whether the user must give a budget, of what is kept or of what is read. False for a policy of
  /// Trigger::budget that knows by itself how much goes.
  [[nodiscard]] virtual bool takes_budget() const { return trigger() == Trigger::budget; }

  /// For Trigger::budget and rule: whether it decides at the end of this step. Every step by
  /// default.
  [[nodiscard]] virtual bool decides(const StepEnd& /*step*/) const { return true; }
  /// For Trigger::budget: what the scope may keep at a decision, in tokens, given the budget that
  /// the user set for every scope.
  [[nodiscard]] virtual std::int32_t budget_tokens(std::int32_t /*scope*/,
                                                   std::int32_t budget) const {
    return budget;
  }

  /// Notification, in the order of the trace; main-thread and episode events only.
  void observe(const Event& event) { do_observe(event); }

  /// Decision for the scope of this number: writes one keep score a candidate, higher = keep.
  /// Never called for Trigger::never. +infinity protects a candidate. NaN is a broken policy and
  /// fails a CHECK in the caller.
  void score(std::int32_t scope, std::span<const UnitView> candidates,
             std::span<float> keep) const {
    do_score(scope, candidates, keep);
  }

  /// For Trigger::rule: adds to an empty verdict what the scope of this number drops and stores
  /// otherwise; candidates come by ascending id. What came of it is told by HeadTokensEvicted or
  /// TokensEvicted and by TokensRequantised events.
  virtual void judge(std::int32_t /*scope*/, std::span<const UnitView> /*candidates*/,
                     Verdict& /*verdict*/) const {}

  /// Whether the policy may change the precision of stored tokens.
  [[nodiscard]] virtual bool requantises() const { return false; }

  /// Whether the decision reads PagesAttended events, so that a run without them would differ.
  [[nodiscard]] virtual bool needs_attention() const { return false; }

  /// Whether a PagesAttended event is preceded by take_average(), where that can be computed while
  /// its masses are read for other ends; without it the policy computes the same bits itself.
  [[nodiscard]] virtual bool averages_heads() const { return false; }
  /// (listed page): mean of `mean` over layers and KV heads, of the event that comes next; the sum
  /// is taken in their order and in double. Valid until that event ends.
  virtual void take_average(std::span<const float> /*average*/) {}

  /// Whether the decision reads KeysBounded events as well.
  [[nodiscard]] virtual bool needs_keys() const { return false; }

  /// For Unit::message: whether a dropped response takes the model's call along.
  [[nodiscard]] virtual bool evicts_call() const { return false; }

  /// For Trigger::command: ids named since the last call of clear_commands(), ascending.
  [[nodiscard]] virtual std::vector<std::int32_t> commanded() const { return {}; }
  virtual void clear_commands() {}

  /// What a decode step reads of all that is kept, under a policy that evicts nothing; null:
  /// everything.
  [[nodiscard]] virtual const ReadSelection* reads() const { return nullptr; }

  /// For a policy that takes a budget: the least budget that leaves the policy something to choose,
  /// in tokens.
  [[nodiscard]] virtual std::int32_t minimum_budget_tokens() const { return 0; }

 private:
  virtual void do_observe(const Event& event) = 0;
  virtual void do_score(std::int32_t scope, std::span<const UnitView> candidates,
                        std::span<float> keep) const = 0;
};

}  // namespace pagequest::kv
