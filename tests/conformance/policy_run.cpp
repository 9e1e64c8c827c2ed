// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/policy_run.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace pagequest::testing {
namespace {

using kv::DecisionPoint;

std::unique_ptr<kv::EvictionPolicy> make_policy(const kv::PolicySpec& spec,
                                                std::int32_t page_size) {
  const kv::PolicyEntry& entry = kv::find_policy(spec.name);
  return entry.make(Params(entry.name, entry.params(), spec.params),
                    {page_size, spec.budget_tokens});
}

/// One episode: the controller under test and what shadows it.
struct Shadow {
  Shadow(const kv::PolicySpec& spec, std::int32_t page_size, std::int32_t lag_steps)
      : controller(spec, page_size, lag_steps),
        lag(lag_steps),
        policy(make_policy(spec, page_size)),
        views(page_size, policy->needs_attention()) {}

  void observe(const Event& event) {
    if (is_auxiliary(event)) return controller.observe(event);
    if (const auto* begun = std::get_if<TokensFilled>(&event)) {
      filled = static_cast<std::int32_t>(begun->tokens.size());
      if (lag > 0) due = controller.due();
    }
    controller.observe(event);
    policy->observe(event);
    views.observe(event);
    if (const auto* more = std::get_if<TokensFilled>(&event)) {
      live.resize(live.size() + more->tokens.size(), 1);
    } else if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      for (std::int32_t p = evicted->span.first; p < evicted->span.end(); ++p) {
        if (static_cast<std::size_t>(p) < live.size()) live[static_cast<std::size_t>(p)] = 0;
      }
    } else if (const auto* joined = std::get_if<AuxJoined>(&event)) {
      if (joined->parsed) commanded.insert(joined->cursors.begin(), joined->cursors.end());
    }
  }

  Decision decide(DecisionPoint point) {
    Decision decision{
        .point = point,
        .victims = {},
        .candidates = policy->unit() == kv::Unit::page ? views.pages() : views.messages(),
        .keep = {},
        .commanded = {commanded.begin(), commanded.end()},
        .live = live,
        .controller_live_tokens = controller.live_tokens(),
        .episode = {},
        .filled = point == DecisionPoint::step_end ? filled : 0,
        .due = due};
    if (policy->trigger() != kv::Trigger::never) {
      decision.keep.resize(decision.candidates.size());
      policy->score(decision.candidates, decision.keep);
    }
    decision.victims = controller.victims(point);
    return decision;
  }

  kv::EvictionController controller;
  std::int32_t lag;
  std::int32_t filled = 0;
  std::vector<TokenSpan> due;
  std::unique_ptr<kv::EvictionPolicy> policy;
  kv::UnitViews views;
  std::vector<char> live;
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

}  // namespace

std::vector<kv::PolicySpec> all_policy_specs(std::int32_t page_size) {
  std::vector<kv::PolicySpec> specs;
  for (const kv::PolicyEntry& entry : kv::policies()) {
    std::vector<std::map<std::string, std::string>> variants{{}};
    for (const ParamSpec& param : entry.params()) {
      const bool* flag = std::get_if<bool>(&param.default_value);
      if (flag != nullptr)
        variants.push_back({{std::string(param.name), *flag ? "false" : "true"}});
    }
    if (entry.name == "h2o") variants.push_back({{"score", "mean"}});
    for (const auto& params : variants) {
      kv::PolicySpec spec{.name = std::string(entry.name), .params = params, .budget_tokens = 0};
      if (entry.trigger == kv::Trigger::budget) spec.budget_tokens = 6 * page_size;
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
    decisions.push_back(shadows.of(episode).decide(point));
    decisions.back().episode = episode;
    return decisions.back().victims;
  });
  return decisions;
}

}  // namespace pagequest::testing
