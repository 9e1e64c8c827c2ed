// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/eviction_controller.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"
#include "base/event_sink.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/select_victims.h"
#include "engine/kv/unit_views.h"

namespace pagequest::kv {
namespace {

void check_budget(const PolicySpec& spec, const EvictionPolicy& policy) {
  const bool takes_budget = policy.takes_budget();
  const std::string found = std::to_string(spec.budget_tokens) + " tokens";
  const std::string where = "policy `" + spec.name + "`";
  if (!takes_budget && spec.budget_tokens != 0) {
    throw usage_error({.what = "a budget for a policy that takes none",
                       .where = where,
                       .found = found,
                       .expected = "no budget",
                       .hint = "leave the budget out"});
  }
  const std::int32_t least = std::max(1, policy.minimum_budget_tokens());
  if (takes_budget && spec.budget_tokens < least) {
    throw usage_error({.what = spec.budget_tokens == 0 ? "the policy needs a budget"
                                                       : "the budget is below what must be kept",
                       .where = where,
                       .found = found,
                       .expected = "at least " + std::to_string(least) + " tokens",
                       .hint = "a smaller page size or other parameters need less"});
  }
}

}  // namespace

/// What a policy chose at the end of a step.
struct Choice {
  struct Of {
    std::int32_t scope;
    std::int32_t unit;  // id
    constexpr auto operator<=>(const Of&) const = default;
  };
  std::vector<Of> units;  // ascending
  std::vector<Victim> victims;
  std::vector<Requantisation> requantised;
};

/// Neighbours that are stored alike are one change.
void add_to(std::vector<Requantisation>& changes, const Requantisation& change) {
  if (!changes.empty()) {
    Requantisation& last = changes.back();
    if (last.span.end() == change.span.first && last.scope == change.scope &&
        last.precision == change.precision) {
      last.span.count += change.span.count;
      return;
    }
  }
  changes.push_back(change);
}

struct EvictionController::State {
  std::unique_ptr<EvictionPolicy> policy;
  std::int32_t budget_tokens;
  std::int32_t every_steps;  // 0: as the policy says
  std::size_t lag_steps;
  Positions positions;
  KvShape shape;
  UnitViews views;
  StepEnd step = {};
  std::vector<std::int32_t> deferred = {};  // commanded cursors whose response is still arriving
  std::deque<Choice> chosen = {};           // of the last lag_steps step ends, not yet gone
  std::vector<Requantisation> requantised = {};  // by the last decision that took effect
  std::vector<UnitView> units = {};              // working memory of a decision
  std::vector<float> keep = {};
  std::vector<std::size_t> selected = {};

  void on(const TokensFilled& filled) {
    step.after_prefill = filled.kind == StepKind::decode && step.kind == StepKind::prefill;
    step.kind = filled.kind;
    step.decode_steps += filled.kind == StepKind::decode ? 1 : 0;
    step.length = filled.first + static_cast<std::int32_t>(filled.tokens.size());
  }

  [[nodiscard]] bool decides() const {
    if (every_steps == 0) return policy->decides(step);
    return step.kind == StepKind::decode && step.decode_steps % every_steps == 0;
  }

  void list_candidates(std::int32_t scope) {
    if (policy->unit() == Unit::page) {
      views.pages(scope, units);
    } else {
      views.messages(scope, units);
    }
    if (chosen.empty()) return;
    std::erase_if(units, [&](const UnitView& unit) { return is_chosen(scope, unit.id); });
  }

  [[nodiscard]] bool is_chosen(std::int32_t scope, std::int32_t unit) const {
    return std::ranges::any_of(chosen, [&](const Choice& choice) {
      return std::ranges::binary_search(choice.units, Choice::Of{scope, unit});
    });
  }

  [[nodiscard]] std::int32_t scope_of(const Victim& victim) const {
    return scope_number(policy->sharing(), shape, victim.scope);
  }

  [[nodiscard]] std::int32_t chosen_tokens(std::int32_t scope) const {
    std::int32_t tokens = 0;
    for (const Choice& choice : chosen) {
      for (const Victim& victim : choice.victims) {
        if (scope_of(victim) == scope) tokens += views.tokens().of(scope).in(victim.span);
      }
    }
    return tokens;
  }

  [[nodiscard]] std::vector<Victim> live_victims(const Choice& choice) const {
    std::vector<Victim> victims;
    std::ranges::copy_if(choice.victims, std::back_inserter(victims), [this](const Victim& victim) {
      return views.tokens().of(scope_of(victim)).in(victim.span) > 0;
    });
    return victims;
  }

  void add_victims(std::int32_t number, const UnitView& unit, std::vector<Victim>& victims) const {
    const Scope scope = scope_at(policy->sharing(), shape, number);
    if (policy->unit() == Unit::message && policy->evicts_call()) {
      const TokenSpan call = views.call_of(unit.id);
      if (views.tokens().of(number).in(call) > 0) victims.push_back({call, scope});
    }
    victims.push_back({unit.span, scope});
  }

  [[nodiscard]] Choice choose() {
    Choice choice;
    if (!decides()) return choice;
    const bool by_rule = policy->trigger() == Trigger::rule;
    for (std::int32_t scope = 0; scope < views.tokens().scopes(); ++scope) {
      by_rule ? judge(scope, choice) : choose_from(scope, choice);
    }
    std::ranges::sort(choice.units);
    return choice;
  }

  void choose_from(std::int32_t scope, Choice& choice) {
    const std::int32_t excess = views.tokens().of(scope).total() - chosen_tokens(scope) -
                                policy->budget_tokens(scope, budget_tokens);
    if (excess <= 0) return;
    list_candidates(scope);
    keep.resize(units.size());
    policy->score(scope, units, keep);
    select_victims(units, keep, excess, selected);
    for (const std::size_t i : selected) {
      choice.units.push_back({scope, units[i].id});
      add_victims(scope, units[i], choice.victims);
    }
  }

  void judge(std::int32_t number, Choice& choice) {
    list_candidates(number);
    const Verdict verdict = policy->judge(number, units);
    for (const std::size_t i : verdict.dropped) {
      choice.units.push_back({number, units[i].id});
      add_victims(number, units[i], choice.victims);
    }
    const Scope scope = scope_at(policy->sharing(), shape, number);
    for (const auto& [i, precision] : verdict.stored) {
      choice.units.push_back({number, units[i].id});
      add_to(choice.requantised, {units[i].span, scope, precision});
    }
  }

  /// Chooses now, and gives what was chosen lag_steps ago.
  [[nodiscard]] std::vector<Victim> end_step() {
    chosen.push_back(choose());
    if (chosen.size() <= lag_steps) return {};
    Choice due = std::move(chosen.front());
    chosen.pop_front();
    requantised = std::move(due.requantised);
    return lag_steps == 0 ? std::move(due.victims) : live_victims(due);
  }

  [[nodiscard]] std::int32_t live_in(const Requantisation& change) const {
    const std::int32_t scope = scope_number(policy->sharing(), shape, change.scope);
    return views.tokens().of(scope).in(change.span);
  }

  [[nodiscard]] std::vector<Victim> commanded() {
    std::vector<std::int32_t> named = std::exchange(deferred, {});
    const std::vector<std::int32_t> fresh = policy->commanded();
    named.insert(named.end(), fresh.begin(), fresh.end());
    policy->clear_commands();
    std::sort(named.begin(), named.end());
    std::vector<Victim> victims;
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
  UnitViews views(page_size, policy->needs_attention(), policy->sharing(), shape);
  state_ = std::make_unique<State>(State{.policy = std::move(policy),
                                         .budget_tokens = spec.budget_tokens,
                                         .every_steps = every_steps(entry, params),
                                         .lag_steps = static_cast<std::size_t>(lag_steps),
                                         .positions = positions_of(entry, params),
                                         .shape = shape,
                                         .views = std::move(views)});
}

EvictionController::~EvictionController() = default;
EvictionController::EvictionController(EvictionController&&) noexcept = default;
EvictionController& EvictionController::operator=(EvictionController&&) noexcept = default;

void EvictionController::observe(const Event& event) {
  if (is_auxiliary(event)) return;
  if (const auto* filled = std::get_if<TokensFilled>(&event)) state_->on(*filled);
  state_->views.observe(event);
  state_->policy->observe(event);
}

std::vector<Victim> EvictionController::victims(DecisionPoint point) {
  const Trigger trigger = state_->policy->trigger();
  const bool each_step = trigger == Trigger::budget || trigger == Trigger::rule;
  if (point == DecisionPoint::step_end && each_step) return state_->end_step();
  if (point == DecisionPoint::turn_boundary && trigger == Trigger::command) {
    return state_->commanded();
  }
  return {};
}

std::vector<TokensRequantised> EvictionController::take_requantised(EpisodeId episode,
                                                                    std::int32_t step,
                                                                    std::int32_t turn) {
  std::vector<TokensRequantised> events;
  for (const Requantisation& change : std::exchange(state_->requantised, {})) {
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
  return events;
}

std::vector<Victim> EvictionController::due() const {
  PQ_CHECK(state_->lag_steps > 0, "without a lag, what is due goes by the step's events");
  if (state_->chosen.size() < state_->lag_steps) return {};
  return state_->live_victims(state_->chosen.front());
}

std::int32_t EvictionController::live_tokens() const { return tokens().any().total(); }

const ScopedTokens& EvictionController::tokens() const { return state_->views.tokens(); }

Sharing EvictionController::sharing() const { return state_->policy->sharing(); }

Positions EvictionController::positions() const { return state_->positions; }

bool EvictionController::needs_keys() const { return state_->policy->needs_keys(); }

bool EvictionController::needs_attention() const { return state_->policy->needs_attention(); }

const ReadSelection* EvictionController::reads() const { return state_->policy->reads(); }

}  // namespace pagequest::kv
