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
  const bool takes_budget = policy.trigger() == Trigger::budget;
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

/// What a budget policy chose at the end of a step.
struct Choice {
  std::vector<std::int32_t> units;  // ids, ascending
  std::vector<TokenSpan> spans;
};

struct EvictionController::State {
  std::unique_ptr<EvictionPolicy> policy;
  std::int32_t budget_tokens;
  std::size_t lag_steps;
  UnitViews views;
  std::vector<std::int32_t> deferred;  // commanded cursors whose response is still arriving
  std::deque<Choice> chosen;           // of the last lag_steps step ends, not yet gone

  [[nodiscard]] std::vector<UnitView> candidates() const {
    return policy->unit() == Unit::page ? views.pages() : views.messages();
  }

  [[nodiscard]] bool is_chosen(std::int32_t unit) const {
    return std::ranges::any_of(chosen, [unit](const Choice& choice) {
      return std::ranges::binary_search(choice.units, unit);
    });
  }

  [[nodiscard]] std::int32_t chosen_tokens() const {
    std::int32_t tokens = 0;
    for (const Choice& choice : chosen) {
      for (const TokenSpan& span : choice.spans) tokens += views.tokens().in(span);
    }
    return tokens;
  }

  [[nodiscard]] std::vector<TokenSpan> live_spans(const Choice& choice) const {
    std::vector<TokenSpan> spans;
    std::ranges::copy_if(choice.spans, std::back_inserter(spans),
                         [this](const TokenSpan& span) { return views.tokens().in(span) > 0; });
    return spans;
  }

  void add_spans(const UnitView& victim, std::vector<TokenSpan>& spans) const {
    if (policy->unit() == Unit::message && policy->evicts_call()) {
      const TokenSpan call = views.call_of(victim.id);
      if (views.tokens().in(call) > 0) spans.push_back(call);
    }
    spans.push_back(victim.span);
  }

  [[nodiscard]] Choice over_budget() const {
    Choice choice;
    const std::int32_t excess = views.tokens().total() - chosen_tokens() - budget_tokens;
    if (excess <= 0) return choice;
    std::vector<UnitView> units = candidates();
    std::erase_if(units, [this](const UnitView& unit) { return is_chosen(unit.id); });
    std::vector<float> keep(units.size());
    policy->score(units, keep);
    for (const std::size_t i : select_victims(units, keep, excess)) {
      choice.units.push_back(units[i].id);
      add_spans(units[i], choice.spans);
    }
    std::ranges::sort(choice.units);
    return choice;
  }

  /// Chooses now, and gives what was chosen lag_steps ago.
  [[nodiscard]] std::vector<TokenSpan> end_step() {
    chosen.push_back(over_budget());
    if (chosen.size() <= lag_steps) return {};
    const Choice due = std::move(chosen.front());
    chosen.pop_front();
    return live_spans(due);
  }

  [[nodiscard]] std::vector<TokenSpan> commanded() {
    std::vector<std::int32_t> named = std::exchange(deferred, {});
    const std::vector<std::int32_t> fresh = policy->commanded();
    named.insert(named.end(), fresh.begin(), fresh.end());
    policy->clear_commands();
    std::sort(named.begin(), named.end());
    std::vector<TokenSpan> spans;
    for (const UnitView& unit : candidates()) {
      if (std::binary_search(named.begin(), named.end(), unit.id)) add_spans(unit, spans);
    }
    std::copy_if(named.begin(), named.end(), std::back_inserter(deferred),
                 [this](std::int32_t cursor) { return views.is_arriving(cursor); });
    return spans;
  }
};

EvictionController::EvictionController(const PolicySpec& spec, std::int32_t page_size,
                                       std::int32_t lag_steps) {
  PQ_CHECK(lag_steps >= 0, "a decision takes effect when it is made or later");
  const PolicyEntry& entry = find_policy(spec.name);
  const Params params(entry.name, entry.params(), spec.params);
  auto policy = entry.make(params, {.page_size = page_size, .budget_tokens = spec.budget_tokens});
  check_budget(spec, *policy);
  UnitViews views(page_size, policy->needs_attention());
  state_ = std::make_unique<State>(State{.policy = std::move(policy),
                                         .budget_tokens = spec.budget_tokens,
                                         .lag_steps = static_cast<std::size_t>(lag_steps),
                                         .views = std::move(views),
                                         .deferred = {},
                                         .chosen = {}});
}

EvictionController::~EvictionController() = default;
EvictionController::EvictionController(EvictionController&&) noexcept = default;
EvictionController& EvictionController::operator=(EvictionController&&) noexcept = default;

void EvictionController::observe(const Event& event) {
  if (is_auxiliary(event)) return;
  state_->views.observe(event);
  state_->policy->observe(event);
}

std::vector<TokenSpan> EvictionController::victims(DecisionPoint point) {
  const Trigger trigger = state_->policy->trigger();
  if (point == DecisionPoint::step_end && trigger == Trigger::budget) return state_->end_step();
  if (point == DecisionPoint::turn_boundary && trigger == Trigger::command) {
    return state_->commanded();
  }
  return {};
}

std::vector<TokenSpan> EvictionController::due() const {
  PQ_CHECK(state_->lag_steps > 0, "without a lag, what is due goes by the step's events");
  if (state_->chosen.size() < state_->lag_steps) return {};
  return state_->live_spans(state_->chosen.front());
}

std::int32_t EvictionController::live_tokens() const { return state_->views.tokens().total(); }

bool EvictionController::needs_attention() const { return state_->policy->needs_attention(); }

}  // namespace pagequest::kv
