// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/eviction_controller.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/event_sink.h"
#include "engine/kv/allocation.h"
#include "engine/kv/choice.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/policy_checks.h"
#include "engine/kv/select_victims.h"
#include "engine/kv/unit_views.h"

namespace pagequest::kv {
struct EvictionController::State {
  std::unique_ptr<EvictionPolicy> policy;
  std::int32_t budget_tokens;
  std::int32_t every_steps;  // 0: as the policy says
  std::size_t lag_steps;
  Positions positions;
  Allocation allocation;
  KvShape shape;
  UnitViews views;
  StepEnd step = {};
  std::vector<std::int32_t> deferred = {};  // commanded cursors whose response is still arriving
  std::vector<Choice> choices;              // lag_steps + 1: the oldest that are not yet gone,
  std::size_t pending = 0;                  // as many as that, and room for new ones
  std::vector<Victim> victims = {};         // of the last call
  std::vector<Victim> due = {};
  std::vector<Requantisation> requantised = {};  // by the last decision that took effect
  std::vector<UnitView> units = {};              // working memory of a decision
  std::vector<float> keep = {};
  std::vector<std::size_t> selected = {};
  AdaptiveAllocation shares = {};

  [[nodiscard]] bool decides() const {
    if (every_steps == 0) return policy->decides(step);
    return step.kind == StepKind::decode && step.decode_steps % every_steps == 0;
  }

  void list_candidates(std::int32_t scope) {
    policy->unit() == Unit::page ? views.pages(scope, units) : views.messages(scope, units);
    const auto chose = [scope](const Choice& choice) { return choice.has_of(scope); };
    if (std::ranges::none_of(chosen(), chose)) return;
    std::erase_if(units, [&](const UnitView& unit) { return is_chosen(scope, unit.id); });
  }

  [[nodiscard]] std::span<const Choice> chosen() const {
    return std::span<const Choice>(choices).first(pending);
  }

  [[nodiscard]] bool is_chosen(std::int32_t scope, std::int32_t unit) const {
    return std::ranges::any_of(chosen(),
                               [&](const Choice& choice) { return choice.has(scope, unit); });
  }

  [[nodiscard]] std::int32_t scope_of(const Victim& victim) const {
    return scope_number(policy->sharing(), shape, victim.scope);
  }

  [[nodiscard]] std::int32_t chosen_tokens(std::int32_t scope) const {
    std::int32_t tokens = 0;
    for (const Choice& choice : chosen()) {
      const auto number = [this](const Victim& victim) { return scope_of(victim); };
      for (const Victim& victim : std::ranges::equal_range(choice.victims, scope, {}, number)) {
        tokens += views.tokens().of(scope).in(victim.span);
      }
    }
    return tokens;
  }

  void copy_live(const Choice& choice, std::vector<Victim>& live) const {
    live.clear();
    std::ranges::copy_if(choice.victims, std::back_inserter(live), [this](const Victim& victim) {
      return views.tokens().of(scope_of(victim)).in(victim.span) > 0;
    });
  }

  void add_victims(std::int32_t number, const UnitView& unit, std::vector<Victim>& to) const {
    const Scope scope = scope_at(policy->sharing(), shape, number);
    if (policy->unit() == Unit::message && policy->evicts_call()) {
      const TokenSpan call = views.call_of(unit.id);
      if (views.tokens().of(number).in(call) > 0) to.push_back({call, scope});
    }
    to.push_back({unit.span, scope});
  }

  void choose(Choice& choice) {
    choice.clear();
    if (!decides()) return;
    const std::int32_t scopes = views.tokens().scopes();
    if (allocation == Allocation::adaptive) {
      for (std::int32_t first = 0; first < scopes; first += shape.kv_heads) share(first, choice);
    } else {
      const bool by_rule = policy->trigger() == Trigger::rule;
      for (std::int32_t scope = 0; scope < scopes; ++scope) {
        by_rule ? judge(scope, choice) : drop(scope, excess_of(scope), choice);
      }
    }
    std::ranges::sort(choice.units);
    reserve_as(choice);
  }

  /// All take memory when one does: each has its turn only now and then.
  void reserve_as(const Choice& choice) {
    for (Choice& other : choices) {
      other.units.reserve(choice.units.capacity());
      other.victims.reserve(choice.victims.capacity());
    }
    victims.reserve(choice.victims.capacity());
    due.reserve(choice.victims.capacity());
  }

  /// Tokens that the scope holds, what was chosen and is not yet gone left out.
  [[nodiscard]] std::int32_t held(std::int32_t scope) const {
    return views.tokens().of(scope).total() - chosen_tokens(scope);
  }

  [[nodiscard]] std::int32_t excess_of(std::int32_t scope) const {
    return held(scope) - policy->budget_tokens(scope, budget_tokens);
  }

  void take(std::int32_t scope, const UnitView& unit, Choice& choice) const {
    choice.units.push_back({scope, unit.id});
    add_victims(scope, unit, choice.victims);
  }

  void score_candidates(std::int32_t scope) {
    list_candidates(scope);
    keep.resize(units.size());
    policy->score(scope, units, keep);
  }

  void drop(std::int32_t scope, std::int64_t tokens_to_free, Choice& choice) {
    if (tokens_to_free <= 0) return;
    score_candidates(scope);
    select_victims(units, keep, tokens_to_free, selected);
    for (const std::size_t i : selected) take(scope, units[i], choice);
  }

  /// For the heads of a layer, whose first scope is given.
  void share(std::int32_t first, Choice& choice) {
    std::int64_t excess = 0;
    for (std::int32_t i = 0; i < shape.kv_heads; ++i) excess += excess_of(first + i);
    if (excess <= 0) return;
    shares.clear();
    for (std::int32_t scope = first; scope < first + shape.kv_heads; ++scope) {
      const std::int32_t budget = policy->budget_tokens(scope, budget_tokens);
      score_candidates(scope);
      shares.add(units, keep, held(scope) - std::llround(AdaptiveAllocation::kSafeguard * budget));
    }
    for (const HeadVictim& victim : shares.divide(excess)) {
      take(first + victim.head, victim.unit, choice);
    }
  }

  void judge(std::int32_t number, Choice& choice) {
    list_candidates(number);
    const Verdict verdict = policy->judge(number, units);
    for (const std::size_t i : verdict.dropped) take(number, units[i], choice);
    const Scope scope = scope_at(policy->sharing(), shape, number);
    for (const auto& [i, precision] : verdict.stored) {
      choice.units.push_back({number, units[i].id});
      choice.store({units[i].span, scope, precision});
    }
  }

  [[nodiscard]] std::int32_t live_in(const Requantisation& change) const {
    const std::int32_t scope = scope_number(policy->sharing(), shape, change.scope);
    return views.tokens().of(scope).in(change.span);
  }

  /// Chooses now, and gives what was chosen lag_steps ago.
  const std::vector<Victim>& end_step() {
    choose(choices[pending]);
    if (pending < lag_steps) {
      ++pending;
      victims.clear();
      return victims;
    }
    std::swap(requantised, choices.front().requantised);
    if (lag_steps == 0) return choices.front().victims;
    copy_live(choices.front(), victims);
    std::ranges::rotate(choices, choices.begin() + 1);
    return victims;
  }

  const std::vector<Victim>& commanded() {
    std::vector<std::int32_t> named = std::exchange(deferred, {});
    const std::vector<std::int32_t> fresh = policy->commanded();
    named.insert(named.end(), fresh.begin(), fresh.end());
    policy->clear_commands();
    std::sort(named.begin(), named.end());
    victims.clear();
    list_candidates(0);
    for (const UnitView& unit : units) {
      if (std::binary_search(named.begin(), named.end(), unit.id)) add_victims(0, unit, victims);
    }
    std::copy_if(named.begin(), named.end(), std::back_inserter(deferred),
                 [this](std::int32_t cursor) { return views.is_arriving(cursor); });
    return victims;
  }
};

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
  UnitViews views(page_size, policy->needs_attention(), policy->sharing(), shape);
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

std::vector<TokensRequantised> EvictionController::take_requantised(EpisodeId episode,
                                                                    std::int32_t step,
                                                                    std::int32_t turn) {
  std::vector<TokensRequantised> events;
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
