// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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
  /// Candidates of the next head with their scores; it may lose at most `most_tokens` live ones.
  void add(std::span<const UnitView> candidates, std::span<const float> keep,
           std::int64_t most_tokens);
  /// Live tokens that each head must give up, in the order of add(): together at least
  /// `tokens_to_free`, unless what is left is protected or at its safeguard. Each is what its
  /// lowest-scored candidates hold, in the order of select_victims().
  [[nodiscard]] std::span<const std::int64_t> divide(std::int64_t tokens_to_free);

 private:
  struct Candidate {
    float keep;
    std::int32_t last_attended_step;
    std::int32_t id;
    std::int32_t head;
    std::int32_t tokens;
  };

  std::vector<Candidate> candidates_;
  std::vector<std::int64_t> most_;   // (head)
  std::vector<std::int64_t> freed_;  // (head)
};

}  // namespace pagequest::kv
