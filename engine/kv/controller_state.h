// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/events.h"
#include "engine/kv/allocation.h"
#include "engine/kv/choice.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/select_victims.h"
#include "engine/kv/unit_views.h"

namespace pagequest::kv {

/// What a controller knows of its episode, and its decisions.
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
  std::vector<TokensRequantised> changes = {};   // of these, as events
  std::vector<UnitView> units = {};              // working memory of a decision
  std::vector<float> keep = {};
  std::vector<std::size_t> selected = {};
  Verdict verdict = {};
  AdaptiveAllocation shares = {};

  [[nodiscard]] bool decides() const {
    if (every_steps == 0) return policy->decides(step);
    return step.kind == StepKind::decode && step.decode_steps % every_steps == 0;
  }

  /// Valid until the next call and the next event.
  [[nodiscard]] std::span<const UnitView> candidates(std::int32_t scope) {
    const bool of_pages = policy->unit() == Unit::page;
    const auto chose = [scope](const Choice& choice) { return choice.has_of(scope); };
    const bool all = std::ranges::none_of(chosen(), chose);
    if (of_pages && all) return views.pages(scope);
    if (of_pages) {
      const std::span<const UnitView> pages = views.pages(scope);
      units.resize(pages.size());
      std::ranges::copy(pages, units.begin());
    } else {
      views.messages(scope, units);
    }
    if (!all) std::erase_if(units, [&](const UnitView& u) { return is_chosen(scope, u.id); });
    return units;
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

  /// The candidates, whose scores are in `keep`.
  [[nodiscard]] std::span<const UnitView> scored_candidates(std::int32_t scope) {
    const std::span<const UnitView> scored = candidates(scope);
    keep.resize(scored.size());
    policy->score(scope, scored, keep);
    return scored;
  }

  void drop(std::int32_t scope, std::int64_t tokens_to_free, Choice& choice) {
    if (tokens_to_free <= 0) return;
    const std::span<const UnitView> scored = scored_candidates(scope);
    select_victims(scored, keep, tokens_to_free, views.attended(), selected);
    for (const std::size_t i : selected) take(scope, scored[i], choice);
  }

  /// For the heads of a layer, whose first scope is given.
  void share(std::int32_t first, Choice& choice) {
    std::int64_t excess = 0;
    for (std::int32_t i = 0; i < shape.kv_heads; ++i) excess += excess_of(first + i);
    if (excess <= 0) return;
    shares.clear();
    for (std::int32_t scope = first; scope < first + shape.kv_heads; ++scope) {
      const std::int32_t budget = policy->budget_tokens(scope, budget_tokens);
      const std::span<const UnitView> scored = scored_candidates(scope);
      shares.add(scored, keep, views.attended(),
                 held(scope) - std::llround(AdaptiveAllocation::kSafeguard * budget));
    }
    for (const HeadVictim& victim : shares.divide(excess)) {
      take(first + victim.head, victim.unit, choice);
    }
  }

  void judge(std::int32_t number, Choice& choice) {
    const std::span<const UnitView> judged = candidates(number);
    verdict.clear();
    policy->judge(number, judged, verdict);
    for (const std::size_t i : verdict.dropped) take(number, judged[i], choice);
    const Scope scope = scope_at(policy->sharing(), shape, number);
    for (const auto& [i, precision] : verdict.stored) {
      choice.units.push_back({number, judged[i].id});
      choice.store({judged[i].span, scope, precision});
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
    for (const UnitView& unit : candidates(0)) {
      if (std::binary_search(named.begin(), named.end(), unit.id)) add_victims(0, unit, victims);
    }
    std::copy_if(named.begin(), named.end(), std::back_inserter(deferred),
                 [this](std::int32_t cursor) { return views.is_arriving(cursor); });
    return victims;
  }
};

}  // namespace pagequest::kv
