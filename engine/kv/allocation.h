// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/kv/attended_steps.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// How a budget is divided among the KV heads of a layer.
enum class Allocation : std::uint8_t {
  uniform,   // each may keep as much as the others
  adaptive,  // together they keep what has the highest scores of the layer
};

[[nodiscard]] std::string_view to_string(Allocation allocation);
/// Throws usage_error that lists the valid names.
[[nodiscard]] Allocation allocation_named(std::string_view name);

/// A candidate of one of the heads that share a budget.
struct HeadVictim {
  std::int32_t head;  // in the order in which they were added
  float keep;
  std::int32_t last_attended_step;
  UnitView unit;
};

/// Divides what the KV heads of a layer must give up: the lowest scores of all of them go, wherever
/// they are, but each head keeps kSafeguard of its own budget (Ada-KV, arXiv 2407.11550, section 4;
/// the safeguard as kvpress has it, where the best tokens of a head are beyond comparison). So the
/// layer keeps as many tokens as with equal budgets. Scores of different heads must be comparable,
/// as masses and times are.
class AdaptiveAllocation {
 public:
  static constexpr double kSafeguard = 0.2;

  /// A layer begins.
  void clear();
  /// Candidates of the next head with their scores, +infinity for protected ones and never NaN; it
  /// may lose at most `most_tokens` live ones.
  void add(std::span<const UnitView> candidates, std::span<const float> keep,
           const AttendedSteps& attended, std::int64_t most_tokens);
  /// What goes, head by head in the order of add(), of each the lowest scores first: together at
  /// least `tokens_to_free` live tokens, unless what is left is protected or at its safeguard.
  /// Valid until the next call.
  [[nodiscard]] std::span<const HeadVictim> divide(std::int64_t tokens_to_free);

 private:
  std::vector<HeadVictim> candidates_;
  std::vector<HeadVictim> victims_;
  std::vector<std::int64_t> most_;  // (head): tokens that it may still lose
};

}  // namespace pagequest::kv
