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
#include "engine/kv/scoped_tokens.h"

namespace pagequest::kv {

/// A policy by name, as a user asks for it and as a trace records it.
struct PolicySpec {
  std::string name = "full";
  std::map<std::string, std::string> params;  // as text; validated by the registry
  std::int32_t budget_tokens = 0;             // see EvictionPolicy::takes_budget
};

enum class DecisionPoint : std::uint8_t { step_end, turn_boundary };

/// What a policy drops: the live tokens of a span, from every head or from those of one scope.
struct Victim {
  TokenSpan span;
  Scope scope;
  constexpr bool operator==(const Victim&) const = default;
};

/// What a policy stores with another precision from now on: the live tokens of a span in one scope.
struct Requantisation {
  TokenSpan span;
  Scope scope;
  Precision precision;
};

/// Runs one policy over one episode: keeps the candidates' views up to date from the events, asks
/// the policy at its decision points and selects the victims. Engine and simulator share it, which
/// is what makes their victim sequences identical.
///
/// With a lag of n steps a budget or rule policy decides at the end of each step all the same, but
/// what it chose goes n steps later, so that nobody must wait for a step's attention before the
/// next step. What is chosen and not yet gone (or stored otherwise) is no candidate in the
/// decisions between. So a sequence exceeds its budget by at most the tokens of n steps. Commands
/// take effect at once.
class EvictionController {
 public:
  /// Throws usage_error: unknown policy or parameter, a budget below the policy's minimum, a budget
  /// for a policy that takes none or none for one that needs it.
  EvictionController(const PolicySpec& spec, std::int32_t page_size, std::int32_t lag_steps = 0,
                     const KvShape& shape = {});
  ~EvictionController();
  EvictionController(EvictionController&&) noexcept;
  EvictionController& operator=(EvictionController&&) noexcept;

  /// Every event of the episode, in order, the HeadTokensEvicted, TokensEvicted and
  /// TokensRequantised events of its own decisions included.
  void observe(const Event& event);

  /// What to drop now, in order; each has at least one live token. The caller drops them and
  /// reports each with its events before the next call.
  /// Valid until the next call.
  [[nodiscard]] const std::vector<Victim>& victims(DecisionPoint point);

  /// The changes of precision that the last victims() decided on beside them, in order. The caller
  /// reports the victims first, then sends these events on and reports them as well. Each change
  /// is given once, and only if it touches a live token. Valid until the next call.
  [[nodiscard]] const std::vector<TokensRequantised>& take_requantised(EpisodeId episode,
                                                                       std::int32_t step,
                                                                       std::int32_t turn);

  /// What victims(step_end) will give for the step under way, whatever its events say: known before
  /// any of them. For a lag of at least 1. Valid until the next call.
  [[nodiscard]] const std::vector<Victim>& due() const;

  /// That any head holds.
  [[nodiscard]] std::int32_t live_tokens() const;
  /// That each scope of the policy's sharing holds.
  [[nodiscard]] const ScopedTokens& tokens() const;
  [[nodiscard]] Sharing sharing() const;
  /// Of no effect on what is dropped.
  [[nodiscard]] Positions positions() const;
  /// Whether the policy reads KeysBounded events.
  [[nodiscard]] bool needs_keys() const;
  /// Whether the policy reads PagesAttended events: without them its victims would be wrong.
  [[nodiscard]] bool needs_attention() const;
  /// EvictionPolicy::reads() of the policy; lives as long as the controller.
  [[nodiscard]] const ReadSelection* reads() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::kv
