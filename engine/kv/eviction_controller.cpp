// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/eviction_controller.h"

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/event_sink.h"
#include "engine/kv/controller_state.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/policy_checks.h"

namespace pagequest::kv {

EvictionController::EvictionController(const PolicySpec& spec, std::int32_t page_size,
                                       std::int32_t lag_steps, const KvShape& shape) {
  PQ_CHECK(lag_steps >= 0, "a decision takes effect when it is made or later");
  const PolicyEntry& entry = find_policy(spec.name);
  const Params params(entry.name, params_of(entry), spec.params);
  auto policy = entry.make(
      params, {.page_size = page_size, .budget_tokens = spec.budget_tokens, .shape = shape});
  check_budget(spec, *policy);
  const Allocation allocation = allocation_of(entry, params);
  check_allocation(spec, *policy, allocation);
  UnitViews views(page_size, policy->needs_attention(), policy->sharing(), shape,
                  policy->averages_heads());
  state_ = std::make_unique<State>(
      State{.policy = std::move(policy),
            .budget_tokens = spec.budget_tokens,
            .every_steps = every_steps(entry, params),
            .lag_steps = static_cast<std::size_t>(lag_steps),
            .positions = positions_of(entry, params),
            .allocation = allocation,
            .shape = shape,
            .views = std::move(views),
            .choices = std::vector<Choice>(static_cast<std::size_t>(lag_steps) + 1)});
}

EvictionController::~EvictionController() = default;
EvictionController::EvictionController(EvictionController&&) noexcept = default;
EvictionController& EvictionController::operator=(EvictionController&&) noexcept = default;

void EvictionController::observe(const Event& event) {
  if (is_auxiliary(event)) return;
  if (const auto* filled = std::get_if<TokensFilled>(&event)) state_->step.follow(*filled);
  state_->views.observe(event);
  if (std::holds_alternative<PagesAttended>(event) && !state_->views.average().empty()) {
    state_->policy->take_average(state_->views.average());
  }
  state_->policy->observe(event);
}

const std::vector<Victim>& EvictionController::victims(DecisionPoint point) {
  const Trigger trigger = state_->policy->trigger();
  const bool each_step = trigger == Trigger::budget || trigger == Trigger::rule;
  if (point == DecisionPoint::step_end && each_step) return state_->end_step();
  if (point == DecisionPoint::turn_boundary && trigger == Trigger::command) {
    return state_->commanded();
  }
  state_->victims.clear();
  return state_->victims;
}

const std::vector<TokensRequantised>& EvictionController::take_requantised(EpisodeId episode,
                                                                           std::int32_t step,
                                                                           std::int32_t turn) {
  std::vector<TokensRequantised>& events = state_->changes;
  events.clear();
  for (const Requantisation& change : state_->requantised) {
    const std::int32_t live = state_->live_in(change);
    if (live == 0) continue;
    events.push_back({.episode = episode,
                      .step = step,
                      .turn = turn,
                      .layer = change.scope.layer,
                      .kv_head = change.scope.kv_head,
                      .span = change.span,
                      .tokens = live,
                      .key_bits = change.precision.key_bits,
                      .value_bits = change.precision.value_bits});
  }
  state_->requantised.clear();
  return events;
}

const std::vector<Victim>& EvictionController::due() const {
  PQ_CHECK(state_->lag_steps > 0, "without a lag, what is due goes by the step's events");
  state_->due.clear();
  if (state_->pending == state_->lag_steps) state_->copy_live(state_->choices[0], state_->due);
  return state_->due;
}

std::int32_t EvictionController::live_tokens() const { return tokens().any().total(); }
const ScopedTokens& EvictionController::tokens() const { return state_->views.tokens(); }
Sharing EvictionController::sharing() const { return state_->policy->sharing(); }
Positions EvictionController::positions() const { return state_->positions; }
bool EvictionController::needs_keys() const { return state_->policy->needs_keys(); }
bool EvictionController::needs_attention() const { return state_->policy->needs_attention(); }
const ReadSelection* EvictionController::reads() const { return state_->policy->reads(); }

}  // namespace pagequest::kv
