// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// A policy by name, as a user asks for it and as a trace records it.
struct PolicySpec {
  std::string name = "full";
  std::map<std::string, std::string> params;  // as text; validated by the registry
  std::int32_t budget_tokens = 0;             // of one sequence; only for budget policies
};

enum class DecisionPoint : std::uint8_t { step_end, turn_boundary };

/// Runs one policy over one episode: keeps the candidates' views up to date from the events, asks
/// the policy at its decision points and selects the victims. Engine and simulator share it, which
/// is what makes their victim sequences identical.
///
/// With a lag of n steps a budget policy decides at the end of each step all the same, but what it
/// chose goes n steps later, so that nobody must wait for a step's attention before the next step.
/// What is chosen and not yet gone counts as gone in the decisions between. So a sequence exceeds
/// its budget by at most the tokens of n steps. Commands take effect at once.
class EvictionController {
 public:
  /// Throws usage_error: unknown policy or parameter, a budget below the policy's minimum, a budget
  /// for a policy that takes none or none for one that needs it.
  EvictionController(const PolicySpec& spec, std::int32_t page_size, std::int32_t lag_steps = 0);
  ~EvictionController();
  EvictionController(EvictionController&&) noexcept;
  EvictionController& operator=(EvictionController&&) noexcept;

  /// Every event of the episode, in order, the TokensEvicted events of its own victims included.
  void observe(const Event& event);

  /// Spans to drop now, in order; each has at least one live token. The caller drops them and
  /// reports each with a TokensEvicted event before the next call.
  [[nodiscard]] std::vector<TokenSpan> victims(DecisionPoint point);

  /// What victims(step_end) will give for the step under way, whatever its events say: known before
  /// any of them. For a lag of at least 1.
  [[nodiscard]] std::vector<TokenSpan> due() const;

  [[nodiscard]] std::int32_t live_tokens() const;
  /// Whether the policy reads PagesAttended events: without them its victims would be wrong.
  [[nodiscard]] bool needs_attention() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::kv
