// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/policy_run.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/support/short_policies.h"

namespace pagequest::testing {
namespace {

using kv::DecisionPoint;

/// Of SyntheticOptions.
constexpr kv::KvShape kShape{.layers = 2, .kv_heads = 2};

std::unique_ptr<kv::EvictionPolicy> make_policy(const kv::PolicySpec& spec,
                                                std::int32_t page_size) {
  const kv::PolicyEntry& entry = kv::find_policy(spec.name);
  return entry.make(Params(entry.name, entry.params(), spec.params),
                    {page_size, spec.budget_tokens, kShape});
}

std::vector<TokenSpan> spans_of(const std::vector<kv::Victim>& victims, const kv::Scope& scope) {
  std::vector<TokenSpan> spans;
  for (const kv::Victim& victim : victims) {
    if (victim.scope == scope) spans.push_back(victim.span);
  }
  return spans;
}

/// One episode: the controller under test and what shadows it.
struct Shadow {
  Shadow(const kv::PolicySpec& spec, std::int32_t page_size, std::int32_t lag_steps)
      : controller(spec, page_size, lag_steps, kShape),
        lag(lag_steps),
        budget(spec.budget_tokens),
        policy(make_policy(spec, page_size)),
        views(page_size, policy->needs_attention(), policy->sharing(), kShape),
        live(static_cast<std::size_t>(kv::scope_count(policy->sharing(), kShape))) {}

  void observe(const Event& event) {
    if (is_auxiliary(event)) return controller.observe(event);
    if (!tells_of_eviction(event)) requantise();
    if (const auto* begun = std::get_if<TokensFilled>(&event)) {
      filled = static_cast<std::int32_t>(begun->tokens.size());
      step.after_prefill = begun->kind == StepKind::decode && step.kind == StepKind::prefill;
      step.kind = begun->kind;
      step.decode_steps += begun->kind == StepKind::decode ? 1 : 0;
      step.length = begun->first + filled;
      main_step = begun->step;
      if (lag > 0) due = controller.due();
    }
    controller.observe(event);
    policy->observe(event);
    views.observe(event);
    if (const auto* more = std::get_if<TokensFilled>(&event)) {
      for (auto& of_scope : live) of_scope.resize(of_scope.size() + more->tokens.size(), 1);
    } else if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      for (auto& of_scope : live) drop(of_scope, evicted->span);
    } else if (const auto* lost = std::get_if<HeadTokensEvicted>(&event)) {
      const kv::Scope scope{lost->layer, lost->kv_head};
      const auto number = kv::scope_number(policy->sharing(), kShape, scope);
      drop(live.at(static_cast<std::size_t>(number)), lost->span);
    } else if (const auto* joined = std::get_if<AuxJoined>(&event)) {
      if (joined->parsed) commanded.insert(joined->cursors.begin(), joined->cursors.end());
    }
  }

  static bool tells_of_eviction(const Event& event) {
    return std::holds_alternative<HeadTokensEvicted>(event) ||
           std::holds_alternative<TokensEvicted>(event) || std::holds_alternative<PageFreed>(event);
  }

  /// What the last decision stores otherwise, behind what it dropped.
  void requantise() {
    for (const TokensRequantised& change : controller.take_requantised({}, main_step, 0)) {
      controller.observe(change);
      policy->observe(change);
    }
  }

  static void drop(std::vector<char>& of_scope, TokenSpan span) {
    const auto end = std::min<std::ptrdiff_t>(span.end(), std::ssize(of_scope));
    std::fill(of_scope.begin() + span.first, of_scope.begin() + end, char{0});
  }

  /// One decision a scope.
  std::vector<Decision> decide(DecisionPoint point, std::vector<kv::Victim>& victims) {
    std::vector<Decision> decisions;
    for (std::int32_t scope = 0; std::cmp_less(scope, live.size()); ++scope) {
      decisions.push_back(candidates_of(point, scope));
    }
    victims = controller.victims(point);
    for (Decision& decision : decisions) {
      const kv::Scope scope = kv::scope_at(policy->sharing(), kShape, decision.scope);
      decision.victims = spans_of(victims, scope);
      decision.due = spans_of(due, scope);
    }
    return decisions;
  }

  Decision candidates_of(DecisionPoint point, std::int32_t scope) {
    Decision decision{.point = point,
                      .scope = scope,
                      .decides = policy->decides(step),
                      .budget = policy->budget_tokens(scope, budget),
                      .victims = {},
                      .candidates = {},
                      .keep = {},
                      .commanded = {commanded.begin(), commanded.end()},
                      .live = live[static_cast<std::size_t>(scope)],
                      .controller_live_tokens = controller.tokens().of(scope).total(),
                      .episode = {},
                      .filled = point == DecisionPoint::step_end ? filled : 0,
                      .due = {}};
    if (policy->unit() == kv::Unit::page) {
      const auto pages = views.pages(scope);
      decision.candidates.assign(pages.begin(), pages.end());
    } else {
      views.messages(scope, decision.candidates);
    }
    if (policy->trigger() == kv::Trigger::never) return decision;
    decision.keep.resize(decision.candidates.size());
    policy->score(scope, decision.candidates, decision.keep);
    return decision;
  }

  kv::EvictionController controller;
  std::int32_t lag;
  std::int32_t filled = 0;
  std::int32_t main_step = -1;
  std::vector<kv::Victim> due;
  std::int32_t budget;
  kv::StepEnd step;
  std::unique_ptr<kv::EvictionPolicy> policy;
  kv::UnitViews views;
  std::vector<std::vector<char>> live;  // (scope), (position)
  std::set<std::int32_t> commanded;
};

class Shadows final : public EventSink {
 public:
  Shadows(const kv::PolicySpec& spec, std::int32_t page_size, bool keep_attention,
          std::int32_t lag_steps)
      : spec_(spec), page_size_(page_size), keep_attention_(keep_attention), lag_(lag_steps) {}

  void on(const Event& event) override {
    if (!keep_attention_ && std::holds_alternative<PagesAttended>(event)) return;
    const EpisodeId episode = std::visit([](const auto& e) { return e.episode; }, event);
    shadows_.try_emplace(episode, spec_, page_size_, lag_).first->second.observe(event);
  }

  Shadow& of(EpisodeId episode) { return shadows_.at(episode); }

 private:
  kv::PolicySpec spec_;
  std::int32_t page_size_;
  bool keep_attention_;
  std::int32_t lag_;
  std::map<EpisodeId, Shadow> shadows_;
};

/// With a flag turned over.
std::map<std::string, std::string> flipped(std::map<std::string, std::string> params,
                                           std::string_view name, bool by_default) {
  const auto given = params.find(std::string(name));
  const bool was = given == params.end() ? by_default : given->second == "true";
  params[std::string(name)] = was ? "false" : "true";
  return params;
}

}  // namespace

std::vector<kv::PolicySpec> all_policy_specs(std::int32_t page_size) {
  std::vector<kv::PolicySpec> specs;
  for (const kv::PolicyEntry& entry : kv::policies()) {
    std::vector<std::map<std::string, std::string>> variants{short_params(entry.name)};
    for (const ParamSpec& param : entry.params()) {
      const bool* flag = std::get_if<bool>(&param.default_value);
      if (flag != nullptr) variants.push_back(flipped(variants.front(), param.name, *flag));
    }
    if (entry.name == "h2o") variants.push_back({{"score", "mean"}, {"sharing", "head"}});
    if (entry.name == "lazy") variants.push_back({{"form", "code"}, {"window", "6"}});
    for (const auto& params : variants) {
      kv::PolicySpec spec{.name = std::string(entry.name), .params = params, .budget_tokens = 0};
      if (kv::needs_of(spec).budget) spec.budget_tokens = 6 * page_size;
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

std::vector<Decision> run_policy(const kv::PolicySpec& spec, const SyntheticOptions& options,
                                 bool keep_attention, std::int32_t lag_steps) {
  Shadows shadows(spec, options.page_size, keep_attention, lag_steps);
  std::vector<Decision> decisions;
  emit_synthetic_trace(options, shadows, [&](EpisodeId episode, bool turn_boundary) {
    const auto point = turn_boundary ? DecisionPoint::turn_boundary : DecisionPoint::step_end;
    std::vector<kv::Victim> victims;
    for (Decision& decision : shadows.of(episode).decide(point, victims)) {
      decision.episode = episode;
      decisions.push_back(std::move(decision));
    }
    return victims;
  });
  return decisions;
}

}  // namespace pagequest::testing
